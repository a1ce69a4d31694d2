from fastapi import FastAPI, HTTPException

app = FastAPI(responses={"4XX": {"description": "refused"}})


def check(number: int) -> int:
    if number:
        raise HTTPException(409, "no")
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

