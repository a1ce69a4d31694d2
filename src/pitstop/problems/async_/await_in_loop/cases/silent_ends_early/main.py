import httpx
from fastapi import FastAPI

app = FastAPI()
client = httpx.AsyncClient()


@app.post("/first")
async def first(mirrors: list[str]) -> str:
    for mirror in mirrors:
        answer = await client.get(mirror)
        if answer.status_code == 200:
            return answer.text
    return ""


@app.get("/again")
async def again(retries: int) -> int:
    status = 0
    for attempt in range(retries):
        status = (await client.get("https://a.example")).status_code
    return status


async def parts(links: list[str]):
    for link in links:
        answer = await client.get(link)
        yield answer.content


@app.post("/parts")
async def count(links: list[str]) -> int:
    return sum([len(part) async for part in parts(links)])
