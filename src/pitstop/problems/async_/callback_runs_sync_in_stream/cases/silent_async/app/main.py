from fastapi import FastAPI
from fastapi.responses import StreamingResponse

app = FastAPI()


def names() -> list[str]:
    return ["a"] * 10_000


async def lines(rows: list[str]):
    for row in rows:
        yield row


@app.get("/a")
async def first() -> StreamingResponse:
    return StreamingResponse(lines(names()))
