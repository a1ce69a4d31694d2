import httpx
from fastapi import FastAPI

app = FastAPI()
client = httpx.AsyncClient()


@app.get("/")
async def root() -> str:
    return (await client.get("https://pages.example")).text
