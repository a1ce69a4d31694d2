"""The records in a file of the probe, one after the other: lines of JSON, and the frames of requests."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import BinaryIO

import msgspec

_SIZES = struct.Struct("4d")
_MOST = 1 << 40
"""What none of the sizes of a frame is above: what is, is no frame."""
_NUMBERS = 5
"""Numbers of a frame between its sizes and its moments."""


class Packed(msgspec.Struct, frozen=True):
    """The frame of one request: see "The probe's contract" in ARCHITECTURE.md."""

    alike: int
    numbers: tuple[float, ...]
    sent: bytes
    rest: bytes


def records(file: BinaryIO) -> Iterator[tuple[bytes, Packed | None]]:
    """The lines of JSON in a file, and its frames. What is cut short or no record comes as a line without its end, and is the last."""
    while first := file.read(1):
        if first == b"{":
            yield first + file.readline(), None
            continue
        head = first + file.read(_SIZES.size - 1)
        sizes = _SIZES.unpack(head) if len(head) == _SIZES.size else ()
        if not sizes or not all(0 <= size < _MOST for size in sizes):
            yield b"", None
            return
        moments, alike, sent, rest = map(int, sizes)
        packed = struct.Struct(f"{_NUMBERS + moments}d")
        body = file.read(packed.size + sent + rest)
        if len(body) < packed.size + sent + rest:
            yield b"", None
            return
        at = packed.size + sent
        yield b"", Packed(alike, packed.unpack_from(body), body[packed.size : at], body[at:])
