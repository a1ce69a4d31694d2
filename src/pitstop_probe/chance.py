"""Random numbers that are the same in each run: `random`, `os.urandom`, and with it `uuid` and `secrets`.

Each request draws from streams of its own, made of the seed and the request's key, so that one draw more or less in one
request shifts nothing in the next. What runs outside of requests draws from the streams of the test that is running.
"""

from __future__ import annotations

import hashlib
import os
import random
from typing import Any

from .request import CURRENT


class Streams:
    """The two streams of one request or test: numbers of `random`, and bytes of the system."""

    __slots__ = ("_bytes", "_numbers", "_seed")

    def __init__(self, seed: str) -> None:
        self._seed = seed
        self._numbers: random.Random | None = None
        self._bytes: random.Random | None = None

    @property
    def numbers(self) -> random.Random:
        """What `random` draws from."""
        if self._numbers is None:
            self._numbers = _seeded("random:" + self._seed)
        return self._numbers

    @property
    def bytes(self) -> random.Random:
        """What `os.urandom` draws from."""
        if self._bytes is None:
            self._bytes = _seeded("bytes:" + self._seed)
        return self._bytes


def _seeded(text: str) -> random.Random:
    return _Plain(int.from_bytes(hashlib.blake2b(text.encode(), digest_size=32).digest(), "big"))


class _Plain(random.Random):
    """A generator that is always given its seed."""

    def seed(self, a: Any = None, version: int = 2) -> None:  # noqa: ARG002  # the base's signature
        super(random.Random, self).seed(a)
        self.gauss_next = None


class Routed(random.Random):
    """The generator behind the functions of `random`: draws for whichever request or test is running."""

    def __init__(self, chance: Chance) -> None:
        self._chance = chance
        super().__init__(0)

    def _now(self) -> random.Random:
        return self._chance.streams().numbers

    def random(self) -> float:
        return self._now().random()

    def getrandbits(self, k: int, /) -> int:
        return self._now().getrandbits(k)

    def gauss(self, mu: float = 0.0, sigma: float = 1.0) -> float:
        return self._now().gauss(mu, sigma)

    def seed(self, a: Any = None, version: int = 2) -> None:
        if not hasattr(
            self, "gauss_next"
        ):  # the base's constructor seeds the generator that is never drawn from
            super().seed(0)
            return
        if a is None:
            a = self._chance.streams().bytes.getrandbits(256)
        random.Random.seed(self._now(), a, version)

    def getstate(self) -> tuple[Any, ...]:
        return self._now().getstate()

    def setstate(self, state: tuple[Any, ...]) -> None:
        self._now().setstate(state)


class Chance:
    """Puts the streams in the place of the machine's chance."""

    def __init__(self, seed: int) -> None:
        worker = os.environ.get(
            "PYTEST_XDIST_WORKER", ""
        )  # two workers must not draw the same name for a database
        self._seed = f"{seed}:{worker}:"
        self._outside = self.streams_of("import")

    def streams_of(self, key: str) -> Streams:
        """The streams of a request or test."""
        return Streams(self._seed + key)

    def begin(self, key: str) -> None:
        """What runs outside of requests draws from new streams from now on."""
        self._outside = self.streams_of(key)

    def streams(self) -> Streams:
        """The streams of the running request, or of the test around it."""
        request = CURRENT.get()
        if request is None:
            return self._outside
        found: Streams | None = request.chance
        if found is None:
            found = request.chance = self.streams_of(request.key)
        return found

    def urandom(self, size: int, /) -> bytes:
        """Bytes in place of `os.urandom`."""
        if size < 0:
            raise ValueError("negative argument not allowed")
        return self.streams().bytes.getrandbits(8 * size).to_bytes(size, "little") if size else b""

    def install(self) -> None:
        """Patch `os` and `random`; `uuid` and `secrets` draw from these."""
        os.urandom = self.urandom
        setattr(random, "_urandom", self.urandom)  # noqa: B010  # its private name for the same
        original = random.Random.seed

        def seed(generator: random.Random, a: Any = None, version: int = 2) -> None:
            if a is None and not isinstance(generator, Routed):
                a = self.streams().bytes.getrandbits(256)
            original(generator, a, version)

        random.Random.seed = seed  # type: ignore[assignment]  # `Random()` would ask the kernel, past `os.urandom`
        before = random._inst  # the generator behind the module's functions
        routed = random._inst = Routed(self)
        for name, value in list(vars(random).items()):
            if getattr(value, "__self__", None) is before:
                setattr(random, name, getattr(routed, name))


def settle_uuid(module: Any) -> None:
    """Make `uuid1` draw on the patched clock and chance, with a node that is the same on every machine."""
    if hasattr(module, "_generate_time_safe"):
        module._generate_time_safe = None
    if hasattr(module, "_UuidCreate"):
        module._UuidCreate = None
    module._node = 0x02_42_AC_11_00_02
    module.getnode()
