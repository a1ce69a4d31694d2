from uuid import UUID

from fastapi import FastAPI

app = FastAPI()


@app.get("/users/{user_id:int}")
def user(user_id: int) -> int:
    return user_id


@app.get("/users/me")
def me() -> str:
    return "me"


@app.get("/teams/{team_id:uuid}")
def team(team_id: UUID) -> str:
    return str(team_id)


@app.get("/teams/{name}")
def team_by_name(name: str) -> str:
    return name
