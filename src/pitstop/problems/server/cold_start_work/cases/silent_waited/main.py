import time

from fastapi import FastAPI

app = FastAPI()
seen: list[int] = []


@app.get("/items/{number}")
def item(number: int) -> int:
    if not seen:
        time.sleep(0.5)
    seen.append(number)
    return number
