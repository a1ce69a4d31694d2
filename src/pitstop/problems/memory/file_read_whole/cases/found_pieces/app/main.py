import hashlib
import zipfile

import httpx
import pandas as pd
from fastapi import FastAPI

app = FastAPI()


@app.get("/dumps/{name}")
def digest(name: str) -> str:
    with open(f"/srv/dumps/{name}", "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


@app.post("/archives/{name}")
def unpack(name: str) -> None:
    with zipfile.ZipFile(f"/srv/archive/{name}") as archive:
        with archive.open("data.bin") as source, open(f"/srv/{name}.bin", "wb") as target:
            target.write(source.read())


@app.post("/fetch")
def fetch(url: str, name: str) -> None:
    answer = httpx.get(url)
    with open(f"/srv/{name}", "wb") as file:
        file.write(answer.content)


@app.post("/rows")
def rows(upload: str) -> float:
    table = pd.read_csv(upload)
    total = 0.0
    for row in table.itertuples():
        total += row.amount
    return total
