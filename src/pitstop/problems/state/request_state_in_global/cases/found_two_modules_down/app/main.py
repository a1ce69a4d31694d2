from fastapi import FastAPI

from . import state

app = FastAPI()


@app.post("/jobs/{name}")
async def start(name: str) -> None:
    state.remember(name, "started")
    state.remember(name, state="x" + name)


@app.get("/jobs/{name}")
async def job(name: str) -> str:
    return state.state_of(name)
