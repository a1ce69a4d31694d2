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


@app.get("/words/{word}")
async def word(word: str) -> dict[str, str]:
    text = f"The word is {word}."
    meaning = await ask(text, "What does it mean?")
    origin = await ask(text, "Where does it come from?")
    return {"meaning": meaning, "origin": origin}
