from fastapi import FastAPI

from app.tasks import QUEUE

app = FastAPI()


@app.get("/queued")
async def queued() -> int:
    return len(QUEUE)
