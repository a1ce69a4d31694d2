from pathlib import Path

import aiofiles
from fastapi import FastAPI

app = FastAPI()
LOG_FILE = Path("/var/log/app.log")


@app.get("/log")
def log(count: int = 20) -> list[str]:
    with open(LOG_FILE) as file:
        lines = file.readlines()
    return lines[-count:]


@app.get("/exports/{name}/size")
def size(name: str) -> int:
    with open(f"/srv/exports/{name}.csv") as file:
        return len(file.readlines())


@app.get("/exports/{name}")
def matching(name: str, word: str) -> list[str]:
    path = Path("/srv/exports") / name
    return [line for line in path.read_text().splitlines() if word in line]


@app.get("/notes/{name}")
async def notes(name: str) -> int:
    words = 0
    async with aiofiles.open(f"/srv/{name}") as file:
        for line in await file.readlines():
            words += len(line.split())
    return words
