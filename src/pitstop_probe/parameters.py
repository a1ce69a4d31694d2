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
    for value in values:
        if type(value) is bytes and len(value) > LARGE:
            break
    else:
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
    if type(parameters) is not list:
        return hashlib.blake2b(_bytes(parameters), digest_size=8).hexdigest()
    found = hashlib.blake2b(digest_size=8)
    # row by row: the text of all of them at once may take a multiple of what they do
    for each in parameters:
        found.update(_bytes(each))
    return found.hexdigest()


def _bytes(parameters: Any) -> bytes:
    try:
        text = repr(_short(parameters))
    except Exception:
        text = f"{type(parameters)} at {id(parameters)}"
    return (text + "\0").encode("utf-8", "backslashreplace")
