import bcrypt
from fastapi import FastAPI

app = FastAPI()


@app.post("/login")
async def login(password: str, kept: str) -> bool:
    return bcrypt.checkpw(password.encode(), kept.encode())
