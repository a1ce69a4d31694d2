from fastapi import FastAPI
from fastapi.responses import StreamingResponse

app = FastAPI()
ROWS = [f"Row number {number} of the table" for number in range(2_000)]


@app.get("/rows")
async def rows(page: int) -> list[str]:
    return ROWS


@app.get("/two")
async def two() -> list[str]:
    return ROWS


@app.get("/metrics")
async def metrics() -> list[str]:
    return ROWS


@app.get("/stream", response_class=StreamingResponse)
async def stream() -> StreamingResponse:
    return StreamingResponse(("data: " + row + "\n\n" for row in ROWS), media_type="text/event-stream")


@app.post("/rows")
async def search() -> list[str]:
    return ROWS
