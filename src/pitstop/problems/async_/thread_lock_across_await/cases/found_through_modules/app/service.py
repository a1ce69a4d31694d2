from app.ledger import Ledger

ledger = Ledger()


async def book(amount: int) -> int:
    return await ledger.add(amount)
