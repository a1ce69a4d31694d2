"""Where in memory the next small objects come to lie, drawn anew before each request that is timed.

CPython takes small objects from pools of one size. Where a loop's objects happen to fill the last place of a pool and to leave it
again, each of them costs the opening and closing of a pool: one and the same loop takes up to 1.7 times as long as with ten
objects more or fewer alive (measured with `sum(n * n % 7 for n in range(300))` on CPython 3.11). A process answers the same request in the same
state of its pools again and again, so that without this all its times would be wrong in the same way, whatever code it runs.
"""

from __future__ import annotations

import random

_SMALLEST, _STEP, _LARGEST = 48, 16, 512
"""Sizes of pools that hold bytes; larger objects are not taken from pools."""
_POOL = 16384
"""Bytes of a pool; before Python 3.10 they are smaller."""
_HEADER = 33
"""What an empty `bytes` takes."""


class Heap:
    """Objects that are kept alive for nothing but their places."""

    def __init__(self, seed: str) -> None:
        self._random = random.Random(seed)
        self._held: list[object] = []

    def shuffle(self) -> None:
        """Let go what was held, and hold another number of objects of each size, up to a whole pool."""
        self._held.clear()
        draw = self._random.randrange
        self._held += [object() for _ in range(draw(_POOL // 16))]
        self._held += [1000 + number for number in range(draw(_POOL // 32))]
        for size in range(_SMALLEST, _LARGEST + 1, _STEP):
            self._held += [bytes(size - _HEADER) for _ in range(draw(_POOL // size))]
