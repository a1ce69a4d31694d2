import httpx
from fastapi import FastAPI


def model(request: httpx.Request) -> httpx.Response:
    """Stands for the server of a language model."""
    usage = {"prompt_tokens": 900, "completion_tokens": 20}
    answer = {"message": {"role": "assistant", "content": "One. Two. Three. Four. Five. Six. Seven. Eight."}}
    return httpx.Response(200, json={"usage": usage, "choices": [answer]})


client = httpx.AsyncClient(base_url="http://model.test/v1", transport=httpx.MockTransport(model))
app = FastAPI()


def text_of(document: str) -> str:
    return "\n".join(f"{document}, line {number}: what is said there." for number in range(80))


async def ask(text: str, question: str) -> str:
    body = {"model": "small", "messages": [{"role": "user", "content": f"{text}\n{question}"}]}
    answer = await client.post("/chat/completions", json=body)
    return answer.json()["choices"][0]["message"]["content"]


class Chat:
    def __init__(self) -> None:
        self.said: list[dict[str, str]] = []

    async def ask(self, question: str) -> str:
        self.said.append({"role": "user", "content": question})
        answer = await client.post("/chat/completions", json={"model": "small", "messages": self.said})
        self.said.append(answer.json()["choices"][0]["message"])
        return self.said[-1]["content"]


@app.get("/documents/{name}")
async def document(name: str) -> dict[str, str]:
    chat = Chat()
    summary = await chat.ask(f"{text_of(name)}\nPut it in one sentence.")
    tags = await chat.ask("Name five words that it is about.")
    return {"summary": summary, "tags": tags}
