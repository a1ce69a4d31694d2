import re

from fastapi import FastAPI

app = FastAPI()


@app.get("/match")
def match(text: str) -> bool:
    return bool(re.compile(r"\d{4}-\d{2}").search(text))
