class Ledger:
    def add(self, name: str, amount: int) -> None:
        if amount < 0:
            raise ValueError(name)
