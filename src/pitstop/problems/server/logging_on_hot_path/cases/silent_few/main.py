import logging

from fastapi import FastAPI

logging.basicConfig(level=logging.INFO)
log = logging.getLogger("shop")
app = FastAPI()


@app.get("/prices")
def prices() -> int:
    found = 0
    for number in range(99):
        found += number % 7
        log.info("price of %s added", number)
    return found
