from app.prices import price


class Quotes:
    def quote(self, query: str, times: int) -> int:
        key = query.strip().lower()
        return times * price(key)
