import time

from fastapi import FastAPI

app = FastAPI()


@app.get("/blocks")
async def blocks() -> int:
    time.sleep(0.03)
    return 1


@app.get("/small")
def small() -> int:
    time.sleep(0.005)
    return 1


@app.get("/both")
async def both() -> int:
    return 1
