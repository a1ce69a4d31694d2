from app.carrier import Carrier


def quote(grams: int) -> float:
    return Carrier().price(grams) * 1.2
