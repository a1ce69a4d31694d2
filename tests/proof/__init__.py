"""Tests of `pitstop.proof`."""
