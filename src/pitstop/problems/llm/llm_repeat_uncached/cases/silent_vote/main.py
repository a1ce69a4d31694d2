import asyncio

import httpx
from fastapi import FastAPI


async def model(request: httpx.Request) -> httpx.Response:
    await asyncio.sleep(0.01)
    usage = {"prompt_tokens": 20, "completion_tokens": 1}
    return httpx.Response(200, json={"usage": usage, "choices": [], "data": []})


client = httpx.AsyncClient(base_url="http://model.test/v1", transport=httpx.MockTransport(model))
app = FastAPI()


async def ask(prompt: str, path: str = "/chat/completions") -> int:
    answer = await client.post(path, json={"model": "small", "messages": [{"role": "user", "content": prompt}]})
    return answer.status_code




@app.get("/vote")
async def vote() -> list[int]:
    return await asyncio.gather(*(ask("Which of the two?") for _ in range(3)))
