from collections.abc import Callable

from fastapi import FastAPI
from openai import AsyncOpenAI

app = FastAPI()


def maker(key: str) -> Callable[[], AsyncOpenAI]:
    def make() -> AsyncOpenAI:
        return AsyncOpenAI(api_key=key)

    return make


@app.post("/chat")
async def chat(key: str, question: str) -> str:
    make = maker(key)
    async with make() as client:
        answer = await client.responses.create(model="small", input=question)
    return answer.output_text
