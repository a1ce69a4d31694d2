from app.schemas import Point


class Points:
    async def all(self) -> list[Point]:
        return [Point(x=x) for x in range(100)]
