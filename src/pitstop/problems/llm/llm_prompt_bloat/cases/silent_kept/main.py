import httpx
from fastapi import FastAPI


def model(request: httpx.Request) -> httpx.Response:
    """Stands for the server of a language model."""
    return httpx.Response(200, json={"usage": {"prompt_tokens": 3000, "prompt_tokens_details": {"cached_tokens": 2048}, "completion_tokens": 3}, "choices": []})


client = httpx.AsyncClient(base_url="http://model.test/v1", transport=httpx.MockTransport(model))
app = FastAPI()
RULES = "".join(f"Rule {number}: goods of class {number} go back within {number} days.\n" for number in range(200))


@app.get("/orders/{order}/advice")
async def advice(order: int) -> int:
    messages = [{"role": "user", "content": f"Order {order} came back.\n{RULES}May it?"}]
    body = {"model": "small", "messages": messages}
    return (await client.post("/chat/completions", json=body)).status_code
