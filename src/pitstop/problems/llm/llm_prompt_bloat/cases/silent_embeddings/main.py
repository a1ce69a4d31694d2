import httpx
from fastapi import FastAPI


def model(request: httpx.Request) -> httpx.Response:
    """Stands for the server of a language model."""
    return httpx.Response(200, json={"usage": {"prompt_tokens": 3000, "completion_tokens": 3}, "choices": []})


client = httpx.AsyncClient(base_url="http://model.test/v1", transport=httpx.MockTransport(model))
app = FastAPI()
RULES = "".join(f"Rule {number}: goods of class {number} go back within {number} days.\n" for number in range(200))


@app.get("/texts/{number}")
async def text(number: int) -> int:
    body = {"model": "small", "input": f"Text {number}\n{RULES}"}
    return (await client.post("/embeddings", json=body)).status_code
