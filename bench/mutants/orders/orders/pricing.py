"""What an order costs."""

from __future__ import annotations

import math
from collections.abc import Iterable

DISCOUNTS = {"basic": 0, "silver": 5, "gold": 10}
TAX_PERCENT = {"books": 7, "misc": 19, "tools": 19}
FREE_SHIPPING_FROM = 10_000


def discounted(cents: int, tier: str) -> int:
    percent = DISCOUNTS.get(tier, 0)
    return cents - cents * percent // 100


def tax_of(cents: int, category: str) -> int:
    percent = TAX_PERCENT[category] if category in TAX_PERCENT else 19
    return round(cents * percent / (100 + percent))


def shipping(weights: Iterable[float], goods_cents: int) -> int:
    if goods_cents >= FREE_SHIPPING_FROM:
        return 0
    kilos = math.ceil(sum(weights))
    if kilos <= 1:
        return 390
    return 390 + 120 * (kilos - 1)


def share(part: int, whole: int) -> float:
    if whole == 0:
        return 0.0
    return round(part / whole * 100, 2)


def split(cents: int, parts: int) -> list[int]:
    """Equal parts; what is left over goes to the first."""
    each, rest = divmod(cents, parts)
    return [each + 1 if number < rest else each for number in range(parts)]


def euros(cents: int) -> str:
    sign = "-" if cents < 0 else ""
    whole, rest = divmod(abs(cents), 100)
    return f"{sign}{whole}.{rest:02d}"
