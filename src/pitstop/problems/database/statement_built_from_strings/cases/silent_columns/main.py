from fastapi import FastAPI

import store

app = FastAPI()


@app.get("/users/{name}")
def users(name: str) -> list[int]:
    return store.named(name)
