"""Parameters of statements as hashes. Of the first statements of a request that is left to the flushing thread; of more, what they
hold would be kept from being freed for too long."""

from __future__ import annotations

import hashlib
from typing import Any

AT_ONCE = 50
"""Statements of a request whose parameters are kept for later."""
MANY_ROWS = 1000
"""Rows of an `executemany` from which on they are not."""
LARGE = 1000
"""Bytes of a value that is hashed by itself."""


class Hashed(str):
    """The hash of parameters that are not kept."""

    __slots__ = ()


def kept(parameters: Any, statements: int) -> Any:
    """What a request keeps of the parameters of its next statement, having so many."""
    if statements >= AT_ONCE or (type(parameters) is list and len(parameters) >= MANY_ROWS):
        return Hashed(hash_of(parameters))
    return parameters


def _short(parameters: Any) -> Any:
    """The same with large binary values as their hashes: their text would take four times as much."""
    if type(parameters) not in (dict, tuple, list):
        return parameters  # above all no iterator: who goes through it takes it from the app
    values: Any = parameters.values() if type(parameters) is dict else parameters
    if not any(type(value) is bytes and len(value) > LARGE for value in values):
        return parameters
    return [
        hashlib.blake2b(value, digest_size=8).digest()
        if type(value) is bytes and len(value) > LARGE
        else value
        for value in values
    ]


def hash_of(parameters: Any) -> str:
    """The hash of parameters, the same in every process; empty where there are none."""
    if not parameters:
        return ""
    if isinstance(parameters, Hashed):
        return parameters
    found = hashlib.blake2b(digest_size=8)
    # row by row: the text of all of them at once may take a multiple of what they do
    for each in parameters if type(parameters) is list else (parameters,):
        try:
            text = repr(_short(each))
        except Exception:
            text = f"{type(each)} at {id(each)}"
        found.update(text.encode("utf-8", "backslashreplace"))
        found.update(b"\0")
    return found.hexdigest()
