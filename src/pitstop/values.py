"""What all values have in common."""

from __future__ import annotations

import msgspec


class Value(msgspec.Struct, frozen=True):
    """Base of all values."""
