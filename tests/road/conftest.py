"""A home for each test."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.road.command import Home


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home of its own, in which nothing of the user's is seen."""
    return Home(tmp_path / "home")
