from fastapi import FastAPI, HTTPException
from fastapi.responses import HTMLResponse

app = FastAPI()


def check(number: int) -> int:
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



@app.get("/hidden/{number}", include_in_schema=False)
async def hidden(number: int) -> int:
    raise HTTPException(404, "no")


@app.get("/one/{number}")
async def one(number: int) -> int:
    raise HTTPException(404, "no")


@app.get("/pages/{name}")
async def page(name: str) -> HTMLResponse:
    return HTMLResponse("no such page", 404)


@app.get("/feeds/{name}")
async def feed(name: str) -> HTMLResponse:
    return HTMLResponse("no such feed", 404)
