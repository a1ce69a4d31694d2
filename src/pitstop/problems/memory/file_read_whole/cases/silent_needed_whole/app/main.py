import json

from fastapi import FastAPI

app = FastAPI()


@app.get("/exports/{name}")
def parsed(name: str) -> dict[str, int]:
    with open(f"/srv/exports/{name}") as file:
        return json.loads(file.read())


@app.get("/exports/{name}/lines")
def all_lines(name: str) -> list[str]:
    with open(f"/srv/exports/{name}") as file:
        return [line.strip() for line in file.readlines()]


@app.get("/exports/{name}/kept")
def kept(name: str) -> list[str]:
    found = []
    with open(f"/srv/exports/{name}") as file:
        for line in file.readlines():
            found.append(line.upper())
    return found


@app.get("/exports/{name}/share")
def share(name: str) -> float:
    with open(f"/srv/exports/{name}") as file:
        lines = file.readlines()
    long = sum(1 for line in lines if len(line) > 80)
    return long / len(lines)
