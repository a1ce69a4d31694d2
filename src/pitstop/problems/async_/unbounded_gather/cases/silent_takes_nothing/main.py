import asyncio

from fastapi import FastAPI, WebSocket

app = FastAPI()
rooms: dict[str, list[WebSocket]] = {}


async def doubled(number: int) -> int:
    await asyncio.sleep(0)
    return number * 2


@app.post("/doubled")
async def double_all(numbers: list[int]) -> list[int]:
    return await asyncio.gather(*(doubled(number) for number in numbers))


@app.post("/rooms/{room}")
async def say(room: str, text: str) -> None:
    await asyncio.gather(*(socket.send_text(text) for socket in rooms.get(room, [])))
