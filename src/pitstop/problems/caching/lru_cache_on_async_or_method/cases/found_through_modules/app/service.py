from app.rates import rate


async def converted(amount: float, currency: str) -> float:
    return amount * await rate(currency)
