import httpx


class Carrier:
    def __init__(self) -> None:
        self.client = httpx.AsyncClient(base_url="https://carrier.example")

    async def status(self, parcel: str) -> str:
        answer = await self.client.get(f"/{parcel}")
        return answer.text
