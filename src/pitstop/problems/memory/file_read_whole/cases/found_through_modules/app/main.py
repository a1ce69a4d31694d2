from pathlib import Path

from fastapi import FastAPI

from app.remote import save
from app.store import Store

app = FastAPI()


@app.post("/plugins")
def install(url: str) -> None:
    save(url, Path("/var/plugins/new"))


@app.post("/packages/{name}")
def keep(name: str) -> None:
    with open(f"/srv/incoming/{name}", "rb") as file:
        Store().add(file, name)
