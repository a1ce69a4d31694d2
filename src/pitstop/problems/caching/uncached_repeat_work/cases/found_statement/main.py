from fastapi import FastAPI

from store import longest

app = FastAPI()


@app.get("/longest/{below}")
def show(below: int, order: str = "up") -> int:
    return longest(below) if order == "up" else -longest(below)
