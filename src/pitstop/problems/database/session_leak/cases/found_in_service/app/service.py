from sqlalchemy import select

from app.database import Room, maker


class Rooms:
    def name(self, room_id: int) -> str:
        session = maker()
        return session.scalars(select(Room).where(Room.id == room_id)).one().name
