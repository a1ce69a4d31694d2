from fastapi import FastAPI

app = FastAPI()


_seen: dict[str, list[str]] = {}


def words(text: str) -> list[str]:
    return text.split()


@app.get("/search")
def search(q: str, page: int = 1) -> list[str]:
    key = f"{q}:{page}"
    if key not in _seen:
        _seen[key] = words(q)
    return _seen[key]
