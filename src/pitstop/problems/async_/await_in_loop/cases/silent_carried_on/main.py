import httpx
from fastapi import FastAPI

app = FastAPI()
client = httpx.AsyncClient()


@app.post("/chain")
async def chain(links: list[str]) -> str:
    token = ""
    for link in links:
        answer = await client.get(link, headers={"token": token})
        token = answer.text
    return token


@app.post("/talk")
async def talk(questions: list[str]) -> list[str]:
    said: list[str] = []
    for question in questions:
        answer = await client.post("https://model.example", json={"question": question, "before": said})
        said.append(answer.text)
    return said
