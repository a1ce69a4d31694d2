from fastapi import FastAPI

app = FastAPI()
limits = {"top": 1_000_000}


@app.get("/sum")
def sums() -> int:
    return sum(number * number % 7 for number in range(limits["top"] * 2))


@app.put("/limits")
def put(wanted: dict[str, int]) -> dict[str, int]:
    return limits | wanted
