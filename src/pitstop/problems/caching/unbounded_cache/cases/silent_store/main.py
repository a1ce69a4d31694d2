from fastapi import FastAPI

app = FastAPI()


_notes: dict[str, str] = {}


@app.put("/notes/{key}")
def write(key: str, text: str) -> None:
    _notes[key] = text
