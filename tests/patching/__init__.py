"""Tests of `pitstop.patching`."""
