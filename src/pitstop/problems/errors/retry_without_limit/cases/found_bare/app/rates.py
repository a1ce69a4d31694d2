import httpx
import tenacity


@tenacity.retry
async def fetch(client: httpx.AsyncClient, currency: str) -> float:
    answer = await client.get(f"https://rates.example/{currency}")
    answer.raise_for_status()
    return answer.json()["rate"]
