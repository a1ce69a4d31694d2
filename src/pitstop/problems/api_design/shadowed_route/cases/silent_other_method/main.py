from fastapi import FastAPI

app = FastAPI()


@app.get("/users/{user_id}")
def user(user_id: str) -> str:
    return user_id


@app.post("/users/search")
def search() -> list[str]:
    return []


@app.get("/users/search/recent")
def recent() -> list[str]:
    return []


@app.get("/users/")
def users() -> list[str]:
    return []
