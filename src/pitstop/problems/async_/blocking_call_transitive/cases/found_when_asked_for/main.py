import requests
from fastapi import FastAPI

app = FastAPI()


def tell(order: int) -> None:
    requests.post("https://orders.example", json={"order": order}, timeout=5)


def place(order: int, notify: bool = False) -> int:
    if notify:
        tell(order)
    return order


def place_quietly(order: int) -> int:
    return place(order)


@app.post("/orders")
async def orders(order: int) -> int:
    return place(order)


@app.post("/orders/quiet")
async def quiet(order: int) -> int:
    return place(order, notify=False) + place_quietly(order)


@app.post("/orders/urgent")
async def urgent(order: int) -> int:
    return place(order, notify=True)
