from fastapi import FastAPI

app = FastAPI()
current_user = ""


@app.post("/login")
async def login(user: str) -> None:
    global current_user
    current_user = user


@app.get("/me")
async def me() -> str:
    return current_user
