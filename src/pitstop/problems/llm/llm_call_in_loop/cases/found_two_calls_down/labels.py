import httpx



def model(request: httpx.Request) -> httpx.Response:
    usage = {"prompt_tokens": 20, "completion_tokens": 1}
    return httpx.Response(200, json={"usage": usage, "choices": [], "data": []})


client = httpx.AsyncClient(base_url="http://model.test/v1", transport=httpx.MockTransport(model))



async def ask(prompt: str, path: str = "/chat/completions") -> int:
    answer = await client.post(path, json={"model": "small", "messages": [{"role": "user", "content": prompt}]})
    return answer.status_code


async def label(text: str) -> int:
    return await ask(f"Is this a complaint? {text}")
