import httpx
from fastapi import FastAPI

app = FastAPI()
client = httpx.AsyncClient()


@app.get("/report")
async def report() -> str:
    answer = await client.get("https://slow.example/report", timeout=None)
    return answer.text
