import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import lru_cache

import spacy
from fastapi import FastAPI, UploadFile
from PIL import Image


@lru_cache
def language():
    return spacy.load("en_core_web_sm")


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    language()
    yield


app = FastAPI(lifespan=lifespan)


@app.get("/name")
async def name() -> str:
    return language().lang


@app.post("/size")
async def size(file: UploadFile) -> tuple[int, int]:
    return Image.open(io.BytesIO(await file.read())).size
