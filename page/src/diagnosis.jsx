// A complaint with its plan, what was seen of it, and what is asked back.

import { usePage } from "./navigate.js";
import { Entries, FindingLink, RouteLink, Section, Words } from "./parts.jsx";

const SEEN = { yes: "seen", no: "not seen", unknown: "open" };

const lines = (texts) =>
  texts?.length > 0 && (
    <ul class="worst">
      {texts.map((text) => (
        <li key={text}>
          <Words text={text} />
        </li>
      ))}
    </ul>
  );

/** The section; nothing where nobody complained. */
export function Diagnosis() {
  const { model } = usePage();
  const told = model.report.diagnosis;
  if (!told) return null;
  const routes = told.routes?.length ? (
    <ul class="worst">
      {told.routes.map((route) => (
        <li key={route}>
          <RouteLink route={route} />
        </li>
      ))}
    </ul>
  ) : (
    "all, for none was recognised"
  );
  const rows = [
    ["about", routes],
    ["solved if", <Words key="criterion" text={told.criterion} />],
    ["kept", lines(told.constraints)],
    ["not now", lines(told.non_goals)],
    ["measured", lines(told.measured)],
    ...told.answers.map((answer) => [
      answer.symptom,
      <div key={answer.symptom}>
        <b>{SEEN[answer.seen]}</b>: <Words text={answer.because} />
        {answer.findings?.length > 0 && (
          <ul class="links">
            {answer.findings.map((id) => (
              <li key={id}>
                <FindingLink id={id} />
              </li>
            ))}
          </ul>
        )}
      </div>,
    ]),
    ["asked back", lines(told.questions)],
  ];
  return (
    <Section id="diagnosis" title="Diagnosis" note={told.complaint}>
      <Entries rows={rows.filter(([, value]) => value)} />
    </Section>
  );
}
