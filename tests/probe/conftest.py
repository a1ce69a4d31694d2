"""Runs Python with the probe inside, and reads what it wrote."""

from __future__ import annotations

from pathlib import Path

import pytest

from .runner import Runner


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    """A workspace with the apps of this folder, and a way to run code in it."""
    return Runner(tmp_path)
