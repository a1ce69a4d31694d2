import json
import pathlib

from fastapi import FastAPI

app = FastAPI()


def bundled_models() -> list[str]:
    path = pathlib.Path(__file__).parent / "models.json"
    return json.loads(path.read_text())


@app.get("/models")
def models() -> list[str]:
    return bundled_models()
