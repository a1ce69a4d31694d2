from fastapi import FastAPI

app = FastAPI()


_seen: dict[str, int] = {}
_other: dict[str, int] = {}


@app.get("/search")
def search(q: str) -> int:
    if q not in _seen:
        if len(_seen) > 1000:
            _seen.clear()
        _seen[q] = len(q)
    if q not in _other:
        _other[q] = len(q)
    return _seen[q]


def tidy() -> None:
    for key in list(_other):
        del _other[key]
