from fastapi import FastAPI

from mail import SIGNALS

app = FastAPI()


@app.post("/orders")
async def order() -> dict[str, int]:
    for listener in SIGNALS["ordered"]:
        await listener()
    return {"id": 1}
