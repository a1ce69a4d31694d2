import json
from pathlib import Path

from fastapi import FastAPI

app = FastAPI()
FOLDER = Path("languages")


def texts_in(path: Path) -> dict[str, str]:
    return json.loads(path.read_text())


@app.get("/texts/{language}")
def texts(language: str) -> dict[str, str]:
    return texts_in(FOLDER / f"{language}.json")
