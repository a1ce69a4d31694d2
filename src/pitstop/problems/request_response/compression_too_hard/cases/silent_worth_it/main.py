import random

from fastapi import FastAPI
from starlette.middleware.gzip import GZipMiddleware

app = FastAPI()
app.add_middleware(GZipMiddleware)
WORDS = "the goods may go back for they came late and nobody wrote a word".split()


@app.get("/goods")
def goods() -> list[str]:
    chance = random.Random(7)
    return [" ".join(chance.choices(WORDS, k=30)) for _ in range(500)]
