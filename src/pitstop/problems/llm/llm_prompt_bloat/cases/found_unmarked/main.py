import httpx
from fastapi import FastAPI


def model(request: httpx.Request) -> httpx.Response:
    """Stands for the server of a language model."""
    return httpx.Response(200, json={"usage": {"prompt_tokens": 3000, "completion_tokens": 3}, "choices": []})


client = httpx.AsyncClient(base_url="http://model.test/v1", transport=httpx.MockTransport(model))
app = FastAPI()
RULES = "".join(f"Rule {number}: goods of class {number} go back within {number} days.\n" for number in range(200))


async def ask(system: str, question: str) -> int:
    body = {"model": "large", "system": system, "messages": [{"role": "user", "content": question}]}
    return (await client.post("/messages", json=body)).status_code


@app.get("/orders/{order}/advice")
async def advice(order: int) -> int:
    return await ask(RULES, f"Order {order} came back.")
