from fastapi import FastAPI

app = FastAPI()


_seen: dict[str, int] = {}


@app.get("/search")
def search(q: str) -> int:
    _seen = {}
    if q not in _seen:
        _seen[q] = len(q)
    return _seen[q]
