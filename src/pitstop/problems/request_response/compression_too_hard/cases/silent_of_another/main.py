import gzip
import random

from fastapi import FastAPI, Response

app = FastAPI()
PRICES = "".join(f"{number}: {price}; " for number, price in enumerate(map(str, random.Random(7).sample(range(10**9), 9_000))))
GOODS = gzip.compress(PRICES.encode(), 9)


@app.get("/goods")
def goods() -> Response:
    return Response(GOODS, headers={"content-encoding": "gzip"}, media_type="text/plain")
