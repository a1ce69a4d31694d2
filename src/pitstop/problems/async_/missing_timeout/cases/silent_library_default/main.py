import aiohttp
import httpx
from fastapi import FastAPI
from openai import AsyncOpenAI

app = FastAPI()
client = httpx.AsyncClient()
model = AsyncOpenAI()


@app.get("/a")
async def a() -> str:
    return (await client.get("https://a.example")).text


@app.get("/b")
async def b() -> str:
    async with aiohttp.ClientSession() as session, session.get("https://b.example") as answer:
        return await answer.text()


@app.get("/c")
async def c() -> str:
    answer = await model.responses.create(model="small", input="hello")
    return answer.output_text


@app.get("/d")
def d() -> str:
    return httpx.get("https://d.example").text
