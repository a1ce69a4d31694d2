from errors import Missing, missing
from fastapi import FastAPI, HTTPException

app = FastAPI()
app.add_exception_handler(Missing, missing)


@app.get("/api/v1/orders/{number}")
async def order(number: int) -> str:
    raise HTTPException(404, {"reason": "no such order"})


@app.get("/api/v1/orders/{number}/lines")
async def lines(number: int) -> str:
    raise HTTPException(409, "the order is open")


@app.get("/api/v1/goods/{number}")
async def goods(number: int) -> str:
    raise Missing("goods")


@app.get("/api/v1/goods/{number}/parts")
async def parts(number: int) -> str:
    raise Missing("parts")
