from fastapi import FastAPI
from openai import AsyncOpenAI

app = FastAPI()
client = AsyncOpenAI()


@app.post("/documents")
async def add(documents: list[list[str]]) -> int:
    count = 0
    for chapter in documents:
        count += len((await client.embeddings.create(model="m", input=chapter)).data)
    return count
