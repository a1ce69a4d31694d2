from functools import cache, lru_cache

from fastapi import FastAPI

app = FastAPI()


@lru_cache
def long(text: str) -> int:
    return len(text)


@lru_cache(maxsize=1000)
def longer(text: str) -> int:
    return len(text)


@app.get("/search")
def search(q: str) -> int:
    return long(q) + longer(q)
