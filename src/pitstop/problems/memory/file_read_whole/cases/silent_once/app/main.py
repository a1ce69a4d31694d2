from functools import lru_cache

from fastapi import FastAPI

app = FastAPI()


@lru_cache
def known(name: str) -> int:
    with open(f"/srv/exports/{name}.csv") as file:
        return len(file.readlines())


@app.get("/known/{name}")
def size(name: str) -> int:
    return known(name)


def report(name: str) -> None:
    with open(f"/srv/exports/{name}.csv") as file:
        for line in file.readlines():
            print(line)
