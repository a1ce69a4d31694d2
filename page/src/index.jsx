import { render } from "preact";

import { App } from "./app.jsx";
import { modelOf } from "./model.js";

const data = document.getElementById("data");
const model = modelOf(JSON.parse(data.textContent));
data.remove(); // the text is not needed any more, and may be large
render(<App model={model} />, document.getElementById("app"));
