import logging

from fastapi import FastAPI
from report import say

logging.basicConfig(level=logging.INFO)
app = FastAPI()


@app.get("/prices")
async def prices() -> int:
    for number in range(100):
        say(number)
    return 1
