from fastapi import FastAPI
from fastapi.responses import StreamingResponse

app = FastAPI()


def names() -> list[str]:
    return ["a"] * 10_000


class Writer:
    def line(self, name: str) -> str:
        return f"{name}\n"

    def lines(self, rows: list[str]):
        for name in rows:
            yield self.line(name)


@app.get("/a")
async def first() -> StreamingResponse:
    rows = names()
    return StreamingResponse((f"{row}\n" for row in rows))


@app.get("/b")
async def second() -> StreamingResponse:
    rows = names()

    def lines():
        for name in rows:
            yield name

    content = lines()
    return StreamingResponse(content)


@app.get("/c")
async def third() -> StreamingResponse:
    return StreamingResponse(content=Writer().lines(rows=names()))
