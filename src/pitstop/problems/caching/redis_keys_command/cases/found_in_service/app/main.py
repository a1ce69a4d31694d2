from fastapi import Depends, FastAPI

from app.cache import Cache

app = FastAPI()


@app.delete("/cache/{name}")
def forget(name: str, cache: Cache = Depends(Cache)) -> None:
    cache.forget(name)
