from fastapi import FastAPI
from fastapi.responses import StreamingResponse

app = FastAPI()


def names() -> list[str]:
    return ["a"] * 10_000


def parts() -> list[bytes]:
    return [b"a" * 65536] * 10


def batched(rows: list[str]):
    kept: list[str] = []
    for row in rows:
        kept.append(row)
        if len(kept) == 200:
            yield "".join(kept)
            kept.clear()
    yield "".join(kept)


def pieces(chunks: list[bytes]):
    for chunk in chunks:
        yield chunk


@app.get("/a")
async def first() -> StreamingResponse:
    return StreamingResponse(batched(names()))


@app.get("/b")
async def second() -> StreamingResponse:
    return StreamingResponse(pieces(parts()))
