import threading

from fastapi import FastAPI

app = FastAPI()
LOCKS: dict[str, threading.Lock] = {}
LIMITS = {"small": 10, "large": 100}


@app.post("/index/{name}")
def index(name: str, limit: int) -> bool:
    lock = LOCKS.get(name)
    if lock is None:
        LOCKS[name] = lock = threading.Lock()
    LIMITS[name] = limit
    return LOCKS[name].locked()
