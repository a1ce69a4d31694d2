import httpx
from fastapi import FastAPI

app = FastAPI()
client = httpx.AsyncClient()


@app.get("/user")
async def user() -> str:
    token = await client.get("https://keys.example/token")
    found = await client.get("https://users.example/me", headers={"token": token.text})
    return found.text
