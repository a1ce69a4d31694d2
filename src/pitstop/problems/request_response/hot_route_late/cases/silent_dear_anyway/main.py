import asyncio

from fastapi import FastAPI

app = FastAPI()


def nothing() -> None:
    return None


for number in range(300):
    app.add_api_route(f"/tables/{number}", nothing)


@app.get("/feed")
async def feed() -> int:
    await asyncio.sleep(0.03)
    return 1
