"""Amounts of money, exactly."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal, InvalidOperation

CENT = Decimal("0.01")
RATES = {"EUR": Decimal(1), "USD": Decimal("0.9174"), "CHF": Decimal("1.0431"), "JPY": Decimal("0.00613")}
DIGITS = {"JPY": 0}


def parsed(text: str) -> Decimal:
    try:
        amount = Decimal(text.strip().replace(",", "."))
    except InvalidOperation:
        raise ValueError(f"{text.strip()!r} is no amount") from None
    if not amount.is_finite():
        raise ValueError("amounts are finite")
    return amount


def rounded(amount: Decimal, currency: str) -> Decimal:
    digits = DIGITS.get(currency, 2)
    return amount.quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP)


def in_euro(amount: Decimal, currency: str) -> Decimal:
    return (amount * RATES[currency]).quantize(CENT, rounding=ROUND_HALF_EVEN)


def total(amounts: Iterable[Decimal]) -> Decimal:
    found = Decimal(0)
    for amount in amounts:
        found += amount
    return found


def vat(gross: Decimal, percent: Decimal) -> Decimal:
    net = gross / (1 + percent / 100)
    return (gross - net).quantize(CENT, rounding=ROUND_HALF_UP)


def shares(amount: Decimal, weights: list[int]) -> Iterator[Decimal]:
    """The amount in parts by weight; what rounding leaves goes to the last."""
    whole = sum(weights)
    left = amount
    for weight in weights[:-1]:
        part = (amount * weight / whole).quantize(CENT, rounding=ROUND_DOWN)
        left -= part
        yield part
    yield left
