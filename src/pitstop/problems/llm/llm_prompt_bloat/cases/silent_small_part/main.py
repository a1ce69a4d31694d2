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


@app.get("/short/{order}")
async def short(order: int) -> int:
    return await ask(RULES[:8_000], f"Order {order} came back.")


@app.get("/two/{order}")
async def two(order: int) -> int:
    return await ask(RULES, f"Order {order} came back.")


@app.get("/mostly_other/{order}")
async def mostly_other(order: int) -> int:
    letters = "".join(f"Letter {line} of order {order} says that it is broken.\n" for line in range(300))
    return await ask(RULES, letters)
