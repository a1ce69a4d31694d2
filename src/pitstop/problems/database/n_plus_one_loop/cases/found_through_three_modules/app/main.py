from fastapi import FastAPI

from app.service import NamesDep

app = FastAPI()


@app.post("/names")
async def names(keys: list[int], service: NamesDep) -> list[str]:
    found = []
    for key in keys:
        found.append(await service.name(key))
    return found
