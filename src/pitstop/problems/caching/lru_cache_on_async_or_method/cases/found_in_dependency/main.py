import functools

from fastapi import Depends, FastAPI

app = FastAPI()


@functools.cache
async def settings() -> dict[str, str]:
    return {"mode": "dark"}


@app.get("/mode")
async def mode(found: dict[str, str] = Depends(settings)) -> str:
    return found["mode"]
