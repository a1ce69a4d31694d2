"""Finds what slows or endangers a FastAPI service, mends it, and proves the mend."""

__version__ = "0.1.0"
