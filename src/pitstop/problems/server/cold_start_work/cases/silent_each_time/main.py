from functools import lru_cache

from fastapi import FastAPI

app = FastAPI()


@lru_cache
def table() -> dict[int, int]:
    return {number: pow(number, 3, 97) for number in range(2_000_000)}


@app.get("/sum/{number}")
async def sums(number: int) -> int:
    return sum(pow(each, 3, 97) for each in range(4_000_000)) + table()[number]
