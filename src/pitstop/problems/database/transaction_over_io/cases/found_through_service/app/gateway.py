import httpx


class Gateway:
    def __init__(self) -> None:
        self.client = httpx.AsyncClient()

    async def price(self, trip_id: int) -> int:
        return int(await self._ask(f"/prices/{trip_id}"))

    async def _ask(self, path: str) -> str:
        answer = await self.client.get(path)
        return answer.text
