import httpx
from fastapi import FastAPI


def model(request: httpx.Request) -> httpx.Response:
    """Stands for the server of a language model."""
    return httpx.Response(200, json={"usage": {"prompt_tokens": 3000, "completion_tokens": 3}, "choices": []})


client = httpx.AsyncClient(base_url="http://model.test/v1", transport=httpx.MockTransport(model))
app = FastAPI()
RULES = "".join(f"Rule {number}: goods of class {number} go back within {number} days.\n" for number in range(200))


@app.get("/documents/{number}")
async def document(number: int) -> int:
    text = "".join(f"Line {line} of document {number} tells of goods.\n" for line in range(400))
    body = {"model": "small", "messages": [{"role": "user", "content": f"Document {number}\n{text}Sum it up.\n"}]}
    return (await client.post("/chat/completions", json=body)).status_code
