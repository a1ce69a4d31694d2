from fastapi import FastAPI

from worker import broker, send

app = FastAPI()


@app.post("/orders")
async def order() -> dict[str, int]:
    await send.kiq()
    return {"id": 1}
