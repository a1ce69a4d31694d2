from fastapi import FastAPI

app = FastAPI()
prices: dict[str, float] = {}
_cache: dict[str, float] = {}


def price(name: str) -> float:
    if name not in prices:
        prices[name] = len(name) * 1.5
    return prices[name]


@app.get("/price/{name}")
def one(name: str) -> float:
    _cache[name] = price(name)
    return _cache[name]


@app.get("/prices")
def every() -> dict[str, float]:
    return {**prices, **_cache}
