import asyncio
import threading


class Ledger:
    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.total = 0

    async def add(self, amount: int) -> int:
        with self.lock:
            self.total += amount
            await asyncio.sleep(0.1)
        return self.total
