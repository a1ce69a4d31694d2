from functools import lru_cache


@lru_cache(maxsize=None)
def price(text: str) -> int:
    return len(text) * 7
