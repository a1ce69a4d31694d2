import httpx
from fastapi import Depends, FastAPI, Header

app = FastAPI()


async def profile(authorization: str = Header()) -> dict:
    async with httpx.AsyncClient() as client:
        answer = await client.get("https://login.example/userinfo", headers={"Authorization": authorization})
    return answer.json()


@app.get("/me")
async def me(profile: dict = Depends(profile)) -> str:
    return profile["sub"]
