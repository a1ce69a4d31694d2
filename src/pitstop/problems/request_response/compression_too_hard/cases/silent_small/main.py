import random

from fastapi import FastAPI
from starlette.middleware.gzip import GZipMiddleware

app = FastAPI()
app.add_middleware(GZipMiddleware)
WORDS = "the goods may go back for they came late and nobody wrote a word".split()


@app.get("/goods")
def goods() -> list[dict[str, object]]:
    chance = random.Random(7)
    return [
        {"id": number, "price": chance.random(), "text": " ".join(chance.choices(WORDS, k=20))}
        for number in range(200)
    ]
