from fastapi import FastAPI, WebSocket

app = FastAPI()
rooms: dict[str, WebSocket] = {}


@app.websocket("/rooms/{name}")
async def enter(socket: WebSocket, name: str) -> None:
    await socket.accept()
    rooms[name] = socket


@app.get("/rooms")
async def names() -> list[str]:
    return list(rooms)
