"""Text that matches a regular expression, for columns that a CHECK holds to one."""

from __future__ import annotations

import random
import string
from typing import Any

try:
    from re import _parser as parser
except ImportError:
    import sre_parse as parser

_MOST_REPEATS = 8
_CATEGORIES = {
    "CATEGORY_DIGIT": string.digits,
    "CATEGORY_SPACE": " ",
    "CATEGORY_WORD": string.ascii_lowercase + string.digits,
    "CATEGORY_NOT_DIGIT": string.ascii_lowercase,
    "CATEGORY_NOT_SPACE": string.ascii_lowercase + string.digits,
    "CATEGORY_NOT_WORD": "-",
}
_ALL = string.ascii_letters + string.digits + "-_. "


def matching(pattern: str, chance: random.Random) -> str:
    """Some text that the pattern matches, as far as it is read here: look-around is passed over.

    Raises ValueError where Python cannot read the pattern.
    """
    try:
        parsed = parser.parse(pattern)
    except Exception as error:
        raise ValueError(f"the pattern {pattern!r} is not one that Python reads: {error}") from error
    return _all(parsed, chance)


def _all(parts: Any, chance: random.Random) -> str:
    return "".join(_one(str(operator), argument, chance) for operator, argument in parts)


def _one(operator: str, argument: Any, chance: random.Random) -> str:
    if operator == "LITERAL":
        return chr(argument)
    if operator == "NOT_LITERAL":
        return chance.choice([letter for letter in _ALL if letter != chr(argument)])
    if operator == "ANY":
        return chance.choice(string.ascii_lowercase)
    if operator == "IN":
        return chance.choice(_letters(argument))
    if operator in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
        low, high, inner = argument
        times = chance.randint(low, max(low, min(int(high), low + _MOST_REPEATS)))
        return "".join(_all(inner, chance) for _ in range(times))
    if operator == "SUBPATTERN":
        return _all(argument[-1], chance)
    if operator == "BRANCH":
        return _all(chance.choice(argument[1]), chance)
    return ""


def _letters(options: Any) -> list[str]:
    found: list[str] = []
    negated = False
    for operator, argument in options:
        name = str(operator)
        if name == "NEGATE":
            negated = True
        elif name == "LITERAL":
            found.append(chr(argument))
        elif name == "RANGE":
            found += [chr(code) for code in range(argument[0], min(argument[1], argument[0] + 128) + 1)]
        elif name == "CATEGORY":
            found += _CATEGORIES.get(str(argument), "x")
    if negated:
        found = [letter for letter in _ALL if letter not in found]
    return found or ["x"]
