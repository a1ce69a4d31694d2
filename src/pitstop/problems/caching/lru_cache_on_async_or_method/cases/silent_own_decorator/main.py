from fastapi import FastAPI

app = FastAPI()
kept: dict[str, int] = {}


def cache(function):
    async def remembered(key: str) -> int:
        if key not in kept:
            kept[key] = await function(key)
        return kept[key]

    return remembered


@cache
async def limit(key: str) -> int:
    return len(key)


@app.get("/limit")
async def show(key: str) -> int:
    return await limit(key)
