import httpx
from fastapi import FastAPI

client = httpx.AsyncClient(
    base_url="http://permissions.test", transport=httpx.MockTransport(lambda request: httpx.Response(200, json=True))
)
app = FastAPI()


async def check_access(person: int, document: int) -> bool:
    return (await client.post("/check", json={"person": person, "document": document})).json()


@app.get("/people/{person}/documents")
async def documents(person: int) -> list[int]:
    return [number for number in range(5) if await check_access(person, number)]
