from contextlib import asynccontextmanager

import yaml
from fastapi import FastAPI

with open("config.yaml") as file:
    CONFIG = yaml.safe_load(file)


@asynccontextmanager
async def lifespan(app: FastAPI):
    app.state.more = yaml.safe_load("a: 1")
    yield


app = FastAPI(lifespan=lifespan)


@app.get("/name")
def name() -> str:
    return CONFIG["name"]
