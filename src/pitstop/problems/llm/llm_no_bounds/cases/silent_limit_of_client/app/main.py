from app.poets import Poet
from fastapi import FastAPI

app = FastAPI()
poet = Poet()


@app.post("/poems")
async def poem(theme: str) -> str:
    return await poet.write(theme)
