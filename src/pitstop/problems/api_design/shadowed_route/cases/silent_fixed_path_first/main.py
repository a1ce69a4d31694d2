from fastapi import FastAPI

app = FastAPI()


@app.get("/users/me")
def me() -> str:
    return "me"


@app.get("/users/{user_id}")
def user(user_id: str) -> str:
    return user_id


@app.get("/users/{user_id}/orders")
def orders(user_id: str) -> list[str]:
    return [user_id]
