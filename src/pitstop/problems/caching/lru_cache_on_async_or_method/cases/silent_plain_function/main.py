from functools import lru_cache

from fastapi import FastAPI

app = FastAPI()


@lru_cache
def settings() -> dict[str, str]:
    return {"mode": "dark"}


@app.get("/mode")
async def mode() -> str:
    return settings()["mode"]
