import httpx
from tenacity import retry, wait_exponential


@retry(wait=wait_exponential(max=10))
async def fetch(client: httpx.AsyncClient, currency: str) -> float:
    answer = await client.get(f"https://rates.example/{currency}")
    answer.raise_for_status()
    return answer.json()["rate"]
