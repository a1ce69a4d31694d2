from fastapi import FastAPI
from openai import AsyncOpenAI

app = FastAPI()
client = AsyncOpenAI()


@app.post("/documents")
async def add(texts: list[str]) -> int:
    return len([await client.moderations.create(input=text) for text in texts])
