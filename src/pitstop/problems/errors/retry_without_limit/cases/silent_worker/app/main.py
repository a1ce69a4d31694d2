from app.shop import Shop


async def work(currency: str) -> float:
    return await Shop().price(currency)
