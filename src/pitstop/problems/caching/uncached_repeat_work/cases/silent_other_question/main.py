import os

from fastapi import FastAPI

app = FastAPI()


@app.get("/sum/{top}")
def sums(top: int) -> int:
    return sum(number * number % 7 for number in range(2_000_000 + top))


@app.get("/drawn")
def drawn() -> str:
    return f"{sum(number * number % 7 for number in range(2_000_000))} {os.urandom(4).hex()}"
