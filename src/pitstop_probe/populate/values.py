"""Makes values for one column: by the form its type takes, its name, its default, and what is in it already."""

from __future__ import annotations

import datetime
import random
import sys
import uuid
from bisect import bisect_left
from collections.abc import Callable, Sequence
from decimal import Decimal
from itertools import accumulate
from typing import Any

from . import words
from .patterns import matching
from .types import Form, kind_of

Make = Callable[[random.Random, int, datetime.datetime], Any]
"""Makes one value: from a generator, the number of the row, and the moment at which the row came into being (naive, UTC)."""

DAYS = 730
"""Over how many days before now rows are spread."""

_GONE = words.several(
    "deleted archived removed revoked banned blocked disabled cancelled canceled suspended locked failed error errors "
    "exception traceback"
)
_OFF = _GONE | words.several(
    "admin superuser staff hidden private draft test internal anonymous expired superadmin"
)
_ON = words.several("active enabled verified visible available published public valid confirmed")
_BIRTH = words.several(
    "created inserted registered joined added timestamp date time start started begin from ts day"
)
_LATER = words.several("updated modified changed edited refreshed synced seen")
_AHEAD = words.several(
    "expires expiry expiration expire until due deadline end ends to ended finish next scheduled"
)
_OBJECTS = words.several(
    "settings metadata attributes preferences options params parameters properties headers details stats args kwargs "
    "credentials status address variables"
)
_FEW_ARE = words.several("admin administrator super superadmin superuser root owner deleted error failed")
"""Members of an enum that few rows have, wherever they stand in it."""
_RANGES: dict[str, tuple[int, int]] = {
    "quantity": (1, 20), "qty": (1, 20), "amount": (1, 1_000), "price": (1, 1_000), "total": (1, 5_000), "cost": (1, 1_000),
    "age": (18, 90), "year": (1990, 2026), "month": (1, 12), "day": (1, 28), "hour": (0, 23), "minute": (0, 59),
    "rating": (1, 5), "stars": (1, 5), "score": (0, 100), "percent": (0, 100), "percentage": (0, 100), "progress": (0, 100),
    "latitude": (-60, 70), "lat": (-60, 70), "longitude": (-180, 180), "lng": (-180, 180), "lon": (-180, 180),
    "count": (0, 500), "views": (0, 5_000), "likes": (0, 500), "size": (100, 1_000_000), "bytes": (100, 1_000_000),
    "duration": (1, 3_600), "seconds": (1, 3_600), "port": (1024, 65535), "version": (1, 9), "stock": (0, 500),
    "width": (16, 4_000), "height": (16, 4_000), "weight": (1, 100), "priority": (1, 5), "level": (1, 5), "rank": (1, 100),
    "discount": (0, 90), "probability": (0, 1), "confidence": (0, 1), "conf": (0, 1), "azimuth": (0, 359), "ratio": (0, 1), "rate": (0, 1), "similarity": (0, 1),
    "temperature": (0, 1),
}  # fmt: skip


class Asked:
    """One column, with all that decides about its values."""

    __slots__ = (
        "annotation", "choices", "default", "distinct", "form", "least", "length", "most", "name", "nullable", "observed",
        "pattern", "start", "table",
    )  # fmt: skip

    def __init__(self, table: str, name: str, form: Form) -> None:
        self.table = table
        self.name = name
        self.form = form
        self.length: int | None = getattr(form.type, "length", None)
        self.default: Any = None
        """The constant that the app or the database would put, or None."""
        self.annotation = ""
        """What the mapped class says of it, as text."""
        self.choices: Sequence[tuple[Any, float]] = ()
        """The values it may have, weighted, where these are known."""
        self.observed = False
        """Whether `choices` are those of rows that are there, NULL included."""
        self.distinct = False
        """No two rows may have the same value."""
        self.nullable = True
        self.least: float | None = None
        self.most: float | None = None
        """Between which numbers the app's model wants it."""
        self.pattern = ""
        """A regular expression that the app's model wants it to match."""
        self.start = 0
        """What a distinct whole number is ahead of the number of its row."""


def maker(asked: Asked, now: datetime.datetime) -> Make | None:
    """How to make values of a column, never NULL unless rows that are there say so; None where its type is not known."""
    if asked.choices and not asked.distinct:
        return weighted(asked.choices)
    make = _MAKERS.get(asked.form.kind)
    return make(asked, now) if make is not None else None


def null_share(asked: Asked) -> float:
    """How many of a nullable column's values are NULL, 0 to 1.

    Few columns that may be NULL are meant to be: what is declared without a thought is read by schemas that need a value.
    So only what happens to few rows (a deletion, a failure) or has not happened to some yet is left open.
    """
    if not asked.nullable or asked.observed:
        return 0.0
    named = set(words.parts(asked.name))
    if named & _GONE and asked.form.kind != "boolean":
        return 0.95
    if asked.form.kind in ("datetime", "date") and not named & (_BIRTH | _LATER | _AHEAD):
        return 0.3
    return 0.0


def weighted(choices: Sequence[tuple[Any, float]]) -> Make:
    """One of some values, by their weights."""
    values = [value for value, _ in choices]
    sums = list(accumulate(weight for _, weight in choices))
    last = len(values) - 1

    def choose(chance: random.Random, _number: int, _at: datetime.datetime) -> Any:
        return values[min(bisect_left(sums, chance.random() * sums[-1]), last)]

    return choose


def skewed(values: Sequence[Any]) -> list[tuple[Any, float]]:
    """Values with weights that fall as 1, 1/2, 1/3."""
    return [(value, 1 / place) for place, value in enumerate(values, 1)]


def _text(asked: Asked, _now: datetime.datetime) -> Make:
    if not asked.distinct:
        few = words.choices(asked.name)
        if asked.default is not None and (few is not None or asked.default):
            return weighted([(asked.default, 1)])
        if few is not None:
            return weighted([(value[: asked.length], weight) for value, weight in skewed(few)])
    if asked.pattern and not asked.distinct:
        pattern = asked.pattern
        return lambda chance, _number, _at: matching(pattern, chance)
    make, differs = words.text(asked.table, asked.name)
    length = asked.length
    if asked.distinct:
        make = words.distinct(make, differs, length)
        return lambda chance, number, _at: make(chance, number)
    if differs and length is not None and length < 40:
        make = words.distinct(make, differs, length)
    return lambda chance, number, _at: make(chance, number)[:length]


def _whole(limit: int) -> Callable[[Asked, datetime.datetime], Make]:
    def make(asked: Asked, _now: datetime.datetime) -> Make:
        if asked.distinct:
            start = asked.start
            return lambda _chance, number, _at: start + number
        named = words.parts(asked.name)
        last = named[-1] if named else ""
        if asked.default is not None and last not in _RANGES:
            return weighted([(asked.default, 1)])
        if words.choices(asked.name) is not None and last not in ("priority", "level"):
            return weighted(skewed([0, 1, 2]))
        low, high = _between(asked, _RANGES.get(last, (0, 1_000)))
        low, high = int(low), min(int(high), limit)
        return lambda chance, _number, _at: chance.randint(low, high)

    return make


def _between(asked: Asked, usual: tuple[int, int]) -> tuple[float, float]:
    """The usual numbers, moved to where the app's model wants them."""
    low, high = float(usual[0]), float(usual[1])
    if asked.least is not None and asked.least > low:
        low, high = asked.least, max(high, asked.least + 1)
    if asked.most is not None and asked.most < high:
        low, high = min(low, asked.most) if asked.least is None else asked.least, asked.most
    return low, high


def _real(asked: Asked, _now: datetime.datetime) -> Make:
    """Float and Numeric, in the kind that the type takes, within its digits."""
    decimal = bool(getattr(asked.form.type, "asdecimal", asked.form.kind == "numeric"))
    precision, scale = getattr(asked.form.type, "precision", None), getattr(asked.form.type, "scale", None)
    if asked.form.kind == "float":
        precision = scale = None
    named = words.parts(asked.name)
    usual = next((_RANGES[word] for word in reversed(named) if word in _RANGES), (0, 1_000))
    low, high = _between(asked, usual)
    digits = 2 if scale is None else int(scale)
    if precision is not None:
        high = min(high, 10 ** max(0, int(precision) - digits) - (0 if int(precision) == digits else 1))
        low = max(low, -high)
    unit = 10**digits
    first = int(low * unit)
    last = max(first, int(high * unit) - (1 if high <= 1 else 0))
    if asked.distinct:
        return lambda _chance, number, _at: Decimal(number) / unit if decimal else number / unit
    if decimal:
        return lambda chance, _number, _at: Decimal(chance.randint(first, last)).scaleb(-digits)
    return lambda chance, _number, _at: round(chance.uniform(low, high), 5)


def _boolean(asked: Asked, _now: datetime.datetime) -> Make:
    named = set(words.parts(asked.name))
    usual = asked.default
    if usual is None:
        usual = True if named & _ON else False if named & _OFF else None
    if usual is None:
        return lambda chance, _number, _at: chance.random() < 0.5
    return lambda chance, _number, _at: bool(usual) if chance.random() < 0.95 else not usual


def _enum(asked: Asked, _now: datetime.datetime) -> Make | None:
    names = sorted(asked.form.type.enums, key=lambda name: bool(set(words.parts(name)) & _FEW_ARE))
    default = asked.default
    for form in (default, getattr(default, "value", None), getattr(default, "name", None)):
        if isinstance(form, str) and form in names:
            names.remove(form)
            names.insert(0, form)
            break
    return weighted(skewed(names)) if names else None


def _members(asked: Asked, _now: datetime.datetime) -> Make:
    return weighted(skewed(asked.form.sample))


def _constant(asked: Asked, _now: datetime.datetime) -> Make:
    sample = asked.form.sample
    return lambda _chance, _number, _at: sample


def _datetime(asked: Asked, now: datetime.datetime) -> Make:
    moment = _moment(asked, now)
    if asked.form.aware:
        utc = datetime.timezone.utc
        return lambda chance, number, at: moment(chance, number, at).replace(tzinfo=utc)
    return moment


def _date(asked: Asked, now: datetime.datetime) -> Make:
    if {"birth", "birthday", "birthdate", "dob"} & set(words.parts(asked.name)):
        return lambda chance, _number, _at: (
            now.date() - datetime.timedelta(days=chance.randint(18 * 365, 80 * 365))
        )
    if asked.distinct:
        first = now.date() - datetime.timedelta(days=DAYS)
        return lambda _chance, number, _at: first + datetime.timedelta(days=number)
    moment = _moment(asked, now)
    return lambda chance, number, at: moment(chance, number, at).date()


def _moment(
    asked: Asked, now: datetime.datetime
) -> Callable[[random.Random, int, datetime.datetime], datetime.datetime]:
    """When something happened to a row: it came into being first, was changed later, and ends after that."""
    named = set(words.parts(asked.name))
    day = datetime.timedelta(days=1)
    if asked.distinct:
        return lambda _chance, number, at: at + datetime.timedelta(microseconds=number % 1_000_000)
    if named & _AHEAD:
        return lambda chance, _number, at: at + day * chance.randint(1, 90)
    if named & _LATER:
        return lambda chance, _number, at: at + (now - at) * chance.random()
    if named & _BIRTH or not asked.nullable:
        return lambda _chance, _number, at: at
    return lambda chance, _number, at: min(now, at + day * 14 * chance.random())


def _time(_asked: Asked, _now: datetime.datetime) -> Make:
    return lambda chance, _number, _at: datetime.time(chance.randint(0, 23), chance.choice((0, 15, 30, 45)))


def _interval(_asked: Asked, _now: datetime.datetime) -> Make:
    return lambda chance, _number, _at: datetime.timedelta(minutes=chance.randint(1, 600))


def _uuid(asked: Asked, _now: datetime.datetime) -> Make:
    def make(chance: random.Random, _number: int, _at: datetime.datetime) -> Any:
        return uuid.UUID(int=chance.getrandbits(128), version=4)

    if asked.form.text:
        return lambda chance, number, at: str(make(chance, number, at))
    return make


def _json(asked: Asked, _now: datetime.datetime) -> Make | None:
    """An empty document. One that may be missing, and of which nothing is said, is: its shape is the app's secret."""
    said = asked.annotation.lower()
    named = words.parts(asked.name)
    last = named[-1] if named else ""
    if asked.form.sample is not None:
        sample = asked.form.sample
    elif asked.default is not None:
        sample = asked.default
    elif asked.nullable and (not said or "none" in said or "optional" in said):
        return None
    elif "list" in said or "sequence" in said or "set[" in said or "tuple" in said:
        sample = []
    elif "dict" in said or "mapping" in said:
        sample = {}
    else:
        many = last.endswith("s") and not last.endswith("ss") and last not in _OBJECTS
        sample = [] if many or last in ("list", "array") else {}
    return lambda _chance, _number, _at: sample


def _array(asked: Asked, now: datetime.datetime) -> Make:
    item = getattr(asked.form.type, "item_type", None)
    inner = None
    if item is not None and (getattr(asked.form.type, "dimensions", None) or 1) == 1:
        element = Asked(asked.table, asked.name.rstrip("s"), Form(kind_of(item), item))
        inner = maker(element, now)
    if inner is None:
        return lambda _chance, _number, _at: []
    make = inner
    return lambda chance, number, at: [make(chance, number, at) for _ in range(chance.randint(0, 3))]


def _binary(_asked: Asked, _now: datetime.datetime) -> Make:
    return lambda chance, _number, _at: chance.getrandbits(128).to_bytes(16, "big")


def _vector(asked: Asked, _now: datetime.datetime) -> Make | None:
    size = getattr(asked.form.type, "dim", None)
    if not isinstance(size, int):
        return None
    return lambda chance, _number, _at: [round(chance.uniform(-1, 1), 4) for _ in range(size)]


def _range(asked: Asked, _now: datetime.datetime) -> Make | None:
    made = getattr(sys.modules.get("sqlalchemy.dialects.postgresql"), "Range", None)
    if made is None:
        return None
    name = type(asked.form.type).__name__.upper()
    names = " ".join(base.__name__ for base in type(asked.form.type).__mro__)
    day = datetime.timedelta(days=1)

    def make(chance: random.Random, _number: int, at: datetime.datetime) -> Any:
        size = chance.randint(1, 30)
        if "DATERANGE" in names:
            return made(at.date(), at.date() + day * size)
        if "TSTZRANGE" in names:
            aware = at.replace(tzinfo=datetime.timezone.utc)
            return made(aware, aware + day * size)
        if "TSRANGE" in names:
            return made(at, at + day * size)
        low = chance.randint(0, 1_000)
        return made(Decimal(low), Decimal(low + size)) if "NUM" in name else made(low, low + size)

    return make


def _address(form: str) -> Callable[[Asked, datetime.datetime], Make]:
    def make(_asked: Asked, _now: datetime.datetime) -> Make:
        return lambda chance, _number, _at: form.format(
            a=chance.randint(0, 255), b=chance.randint(1, 254), c=chance.randint(16, 255)
        )

    return make


_MAKERS: dict[str, Callable[[Asked, datetime.datetime], Make | None]] = {
    "text": _text, "smallint": _whole(32_767), "integer": _whole(2_147_483_647), "bigint": _whole(2**63 - 1),
    "float": _real, "numeric": _real, "boolean": _boolean, "enum": _enum, "members": _members, "constant": _constant,
    "datetime": _datetime, "date": _date, "time": _time, "interval": _interval, "uuid": _uuid, "json": _json,
    "array": _array, "binary": _binary, "vector": _vector, "range": _range, "inet": _address("10.0.{a}.{b}"),
    "cidr": _address("10.{a}.{b}.0/24"), "macaddr": _address("02:00:5e:10:{c:02x}:{c:02x}"),
    "hstore": lambda _asked, _now: lambda _chance, _number, _at: {},
}  # fmt: skip
