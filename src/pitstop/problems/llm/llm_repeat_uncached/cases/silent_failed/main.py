import httpx
from fastapi import FastAPI


asked: list[bytes] = []


def model(request: httpx.Request) -> httpx.Response:
    usage = {"prompt_tokens": 20, "completion_tokens": 1}
    asked.append(request.content)
    if asked.count(request.content) < 3:
        return httpx.Response(503, json={"error": "busy"})
    return httpx.Response(200, json={"usage": usage, "choices": [], "data": []})


client = httpx.AsyncClient(base_url="http://model.test/v1", transport=httpx.MockTransport(model))
app = FastAPI()


async def ask(prompt: str, path: str = "/chat/completions") -> int:
    answer = await client.post(path, json={"model": "small", "messages": [{"role": "user", "content": prompt}]})
    return answer.status_code



@app.get("/documents/{text}")
async def document(text: str) -> int:
    status = 0
    while status != 200:
        status = await ask(f"Sum up: {text}")
    return status
