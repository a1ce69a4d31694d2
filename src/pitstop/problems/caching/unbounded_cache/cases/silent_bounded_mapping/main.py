from cachetools import TTLCache
from fastapi import FastAPI

app = FastAPI()


_seen = TTLCache(maxsize=1000, ttl=60)


@app.get("/search")
def search(q: str) -> int:
    if q not in _seen:
        _seen[q] = len(q)
    return _seen[q]
