from fastapi import FastAPI

import labels

app = FastAPI()


@app.get("/labels/{word}")
def label(word: str) -> str:
    return labels.of(word)
