from pathlib import Path

from fastapi import FastAPI

app = FastAPI()
WORDS = Path(__file__).parent / "words.txt"


@app.get("/words")
def words() -> int:
    return sum(1 for line in WORDS.read_text().splitlines() if line)


@app.get("/tenants/{name}")
def settings(name: str) -> list[str]:
    with open(f"/etc/tenants/{name}.toml") as file:
        return [line for line in file.readlines() if line.startswith("limit")]


@app.get("/templates/{name}")
def template(name: str) -> int:
    with open(f"/srv/templates/{name}") as file:
        return len(file.readlines())
