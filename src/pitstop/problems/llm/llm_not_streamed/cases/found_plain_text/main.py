import asyncio

import httpx
from fastapi import FastAPI
from fastapi.responses import PlainTextResponse


TEXT = "The goods may go back, for they came late and the customer wrote in time. " * 10


async def model(request: httpx.Request) -> httpx.Response:
    """Stands for the server of a language model."""
    await asyncio.sleep(1.1)
    return httpx.Response(200, json={"choices": [{"message": {"role": "assistant", "content": TEXT}}]})


client = httpx.AsyncClient(base_url="http://model.test/v1", transport=httpx.MockTransport(model), timeout=10)
app = FastAPI()


@app.get("/orders/{order}/advice", response_class=PlainTextResponse)
async def advice(order: int) -> str:
    body = {"model": "small", "messages": [{"role": "user", "content": f"May order {order} be returned?"}]}
    answer = await client.post("/chat/completions", json=body)
    return answer.json()["choices"][0]["message"]["content"]
