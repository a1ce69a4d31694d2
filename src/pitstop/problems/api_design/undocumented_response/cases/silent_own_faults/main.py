from fastapi import FastAPI, HTTPException

app = FastAPI()


def check(number: int) -> int:
    if number == 1:
        raise HTTPException(503, "not now")
    if number == 2:
        raise KeyError(number)
    return number


@app.get("/a/{number}")
async def a(number: int) -> int:
    return check(number)


@app.get("/b/{number}")
async def b(number: int) -> int:
    return check(number)


@app.get("/c/{number}")
async def c(number: int) -> int:
    return check(number)

