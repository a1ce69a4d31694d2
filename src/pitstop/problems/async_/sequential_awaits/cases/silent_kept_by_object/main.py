import httpx
from fastapi import FastAPI

app = FastAPI()


class Api:
    def __init__(self) -> None:
        self.client = httpx.AsyncClient()
        self.token = ""

    async def enter(self) -> str:
        answer = await self.client.get("https://keys.example/token")
        self.token = answer.text
        return self.token

    async def me(self) -> str:
        answer = await self.client.get("https://users.example/me", headers={"token": self.token})
        return answer.text


@app.get("/user")
async def user() -> str:
    api = Api()
    token = await api.enter()
    name = await api.me()
    return token + name
