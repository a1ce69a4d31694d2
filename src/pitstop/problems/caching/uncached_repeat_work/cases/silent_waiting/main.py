import asyncio

from fastapi import FastAPI

app = FastAPI()


@app.get("/next-event")
async def next_event() -> dict[str, str]:
    await asyncio.sleep(0.08)
    return {"event": "none"}
