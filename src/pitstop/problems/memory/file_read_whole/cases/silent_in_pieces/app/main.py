import hashlib
import shutil
from urllib import request

import pandas as pd
from fastapi import FastAPI

app = FastAPI()


@app.get("/log")
def log(word: str) -> list[str]:
    with open("/var/log/app.log") as file:
        return [line for line in file if word in line]


@app.get("/dumps/{name}")
def digest(name: str) -> str:
    with open(f"/srv/dumps/{name}", "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@app.post("/plugins")
def install(url: str) -> None:
    with request.urlopen(url) as answer, open("/srv/plugin", "wb") as file:
        shutil.copyfileobj(answer, file)


@app.get("/rows/{name}")
def rows(name: str) -> float:
    total = 0.0
    for batch in pd.read_csv(f"/srv/exports/{name}", chunksize=1000):
        total += batch.amount.sum()
    return total
