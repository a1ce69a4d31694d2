from app.pictures import Pictures


class Profiles:
    def __init__(self) -> None:
        self.pictures = Pictures()

    async def set_picture(self, user: int, data: bytes) -> int:
        return len(self._prepared(data))

    def _prepared(self, data: bytes) -> bytes:
        return self.pictures.small(data)
