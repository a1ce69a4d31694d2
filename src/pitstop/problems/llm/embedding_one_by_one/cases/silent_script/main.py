from fastapi import FastAPI
from openai import AsyncOpenAI

app = FastAPI()
client = AsyncOpenAI()


async def fill(texts: list[str]) -> None:
    for text in texts:
        await client.embeddings.create(model="m", input=text)
