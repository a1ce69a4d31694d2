import time
from collections.abc import Iterator

from fastapi import FastAPI
from fastapi.responses import StreamingResponse

app = FastAPI()


def events() -> Iterator[str]:
    while True:
        time.sleep(1)
        yield "tick"


def lines(source: Iterator[str]):
    for event in source:
        yield f"data: {event}\n\n"


def parts(path: str):
    with open(path, "rb") as file:
        while part := file.read(65536):
            yield part


@app.get("/a")
def first() -> StreamingResponse:
    return StreamingResponse(lines(events()))


@app.get("/b")
def second() -> StreamingResponse:
    return StreamingResponse(parts("/srv/a"))
