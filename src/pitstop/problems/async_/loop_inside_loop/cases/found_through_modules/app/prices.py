from app.rates import rate


class Prices:
    def convert(self, amount: float, currency: str) -> float:
        return amount * rate(currency)
