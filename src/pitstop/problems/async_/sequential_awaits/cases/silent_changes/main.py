import httpx
from fastapi import FastAPI

app = FastAPI()
client = httpx.AsyncClient()


@app.post("/orders")
async def order(item: str) -> int:
    reserved = await client.post("https://stock.example/reserve", json={"item": item})
    paid = await client.post("https://pay.example/charge", json={"item": item})
    return reserved.status_code + paid.status_code
