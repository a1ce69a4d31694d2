from fastapi import FastAPI

app = FastAPI()
stock: dict[str, int] = {}


@app.get("/stock/{name}")
def amount(name: str):
    if name not in stock:
        return {"error": "not in stock"}, 404
    return {"amount": stock[name]}


@app.get("/places/{name}")
def place(name: str) -> tuple[str, int]:
    return "shelf", 404


@app.get("/names/{name}")
def name(name: str) -> dict[str, str]:
    return {"error": "no name"}, 404
