"""Bodies of requests and answers: small ones in memory, others where the probe wrote them, for a run may have gigabytes of them."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import os
import weakref
from pathlib import Path

from pitstop.traces.frames import records

_SMALL = 256
"""Characters of Base64 that are kept: about what the rest of an exchange takes anyway."""


class Records:
    """A file of the probe, open as long as something that was read of it may be asked for; it may be removed meanwhile."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_RDONLY)
        weakref.finalize(self, os.close, self._file)

    def body(self, offset: int, length: int, digest: bytes) -> str:
        """The body of this digest in the record at `offset`. Raises ValueError where it is there no longer."""
        for _, packed in records(io.BytesIO(os.pread(self._file, length, offset))):
            if packed is not None:
                received = json.loads(packed.rest or b"{}").get("request_body", "")
                for text in (base64.b64encode(packed.sent).decode("ascii"), str(received)):
                    if _digest(text) == digest:
                        return text
        raise ValueError("the records of the run were changed while they were used")


class Body:
    """A body in Base64, as records have it. Equal ones are equal by their bytes, known by a digest of 128 bits."""

    __slots__ = ("_digest", "_length", "_offset", "_records", "_size", "_text")

    def __init__(
        self, text: str = "", records: Records | None = None, offset: int = 0, length: int = 0
    ) -> None:
        """`records` has it again, in the record of so many bytes at `offset`."""
        self._size = len(text) * 3 // 4 - text[-2:].count("=")
        self._digest = _digest(text)
        self._records = records if len(text) > _SMALL else None
        self._text = text if self._records is None else ""
        self._offset = offset
        self._length = length

    @property
    def text(self) -> str:
        """The body in Base64."""
        if self._records is None:
            return self._text
        return self._records.body(self._offset, self._length, self._digest)

    @property
    def content(self) -> bytes:
        """The body itself."""
        return base64.b64decode(self.text)

    def __len__(self) -> int:
        """How many bytes it has."""
        return self._size

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Body) and self._digest == other._digest

    def __hash__(self) -> int:
        return hash(self._digest)

    def __repr__(self) -> str:
        return f"Body({len(self)} bytes)"


def _digest(text: str) -> bytes:
    return hashlib.blake2b(text.encode(), digest_size=16).digest()


NOTHING = Body()
