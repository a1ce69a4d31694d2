import random

from fastapi import FastAPI, Response
from starlette.middleware.gzip import GZipMiddleware

app = FastAPI()
app.add_middleware(GZipMiddleware, compresslevel=4)
WORDS = "the goods may go back for they came late and nobody wrote a word".split()


@app.get("/goods")
def goods() -> list[dict[str, object]]:
    chance = random.Random(7)
    return [
        {"id": number, "price": chance.random(), "text": " ".join(chance.choices(WORDS, k=20))}
        for number in range(500)
    ]


@app.get("/book")
def book() -> Response:
    return Response(random.Random(7).randbytes(60_000), media_type="application/epub+zip")
