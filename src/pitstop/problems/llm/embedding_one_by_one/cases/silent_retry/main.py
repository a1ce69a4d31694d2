from fastapi import FastAPI
from openai import AsyncOpenAI

app = FastAPI()
client = AsyncOpenAI()


@app.post("/documents")
async def add(text: str) -> int:
    for attempt in range(3):
        answer = await client.embeddings.create(model="m", input=text)
        if answer.data:
            break
    return 1
