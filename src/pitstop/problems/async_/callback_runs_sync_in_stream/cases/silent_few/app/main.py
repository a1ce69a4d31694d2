from fastapi import FastAPI
from fastapi.responses import StreamingResponse

app = FastAPI()


def names() -> list[str]:
    return ["a"] * 10_000


def few():
    for name in ["head", "body", "foot"]:
        yield name


def page(rows: list[str]):
    first = rows[:20]
    for row in first:
        yield row


def whole(rows: list[str]):
    lines = []
    for row in rows:
        lines.append(row)
    yield "".join(lines)


@app.get("/a")
def first() -> StreamingResponse:
    return StreamingResponse(few())


@app.get("/b")
def second() -> StreamingResponse:
    return StreamingResponse(page(names()))


@app.get("/c")
def third() -> StreamingResponse:
    return StreamingResponse(whole(names()))
