from functools import lru_cache

from fastapi import FastAPI

app = FastAPI()


@lru_cache
def table() -> dict[int, int]:
    return {number: number * 2 for number in range(1000)}


@app.get("/weights/{number}")
async def weight(number: int) -> int:
    return table()[number]
