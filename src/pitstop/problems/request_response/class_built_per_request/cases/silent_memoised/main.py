from functools import lru_cache

from fastapi import FastAPI
from pydantic import TypeAdapter

app = FastAPI()
_cache: dict[str, TypeAdapter] = {}


@lru_cache
def adapter(kind: type) -> TypeAdapter:
    return TypeAdapter(list[kind])


def named(name: str) -> TypeAdapter:
    if name not in _cache:
        _cache[name] = TypeAdapter(dict[str, int])
    return _cache[name]


@app.get("/sum")
def total(text: str) -> int:
    return sum(adapter(int).validate_json(text)) + len(named("a").validate_json(text))
