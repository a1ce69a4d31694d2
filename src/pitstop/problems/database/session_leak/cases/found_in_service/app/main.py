from fastapi import Depends, FastAPI

from app.service import Rooms

app = FastAPI()


@app.get("/rooms/{room_id}")
def room(room_id: int, rooms: Rooms = Depends(Rooms)) -> str:
    return rooms.name(room_id)
