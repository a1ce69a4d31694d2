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




@app.get("/labels")
async def labels() -> list[int]:
    return await asyncio.gather(*(ask(text) for text in ("a", "b", "c", "d")))


async def group(texts: list[str]) -> list[int]:
    return [await ask(text) for text in texts]


@app.get("/groups")
async def groups() -> list[list[int]]:
    return await asyncio.gather(*(group([text]) for text in ("a", "b", "c", "d")))
