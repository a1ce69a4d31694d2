import httpx


class Rates:
    def __init__(self) -> None:
        self.client = httpx.AsyncClient()

    async def rate(self, currency: str) -> float:
        answer = await self.client.get(f"https://rates.example/{currency}")
        return float(answer.text)
