"""The command that asks for a proof once more."""

from __future__ import annotations

import pytest

from pitstop import given, options


@pytest.mark.parametrize(
    ("typed", "again"),
    [
        (["main..x"], ["main..x"]),
        ([], []),
        (["--worktree"], []),
        (
            ["a..b", "--path", "s", "--test", "t::x", "--launches", "2", "--format", "json"],
            ["a..b", "--path", "s"],
        ),
        (["--patch", "a.patch"], ["--patch", "a.patch"]),
        (["--app", "m:a", "--python", "p"], ["--app", "m:a", "--python", "p"]),
        (["--tests", "a", "--tests", "b"], ["--tests", "a", "--tests", "b"]),
        (["--requests", "r.jsonl"], ["--requests", "r.jsonl"]),
        (["--generate"], ["--generate", "--cases", "5"]),
        (["--database", "postgresql://me:hidden@host/x"], ["--database", "URL"]),
    ],
)
def test_what_was_typed_but_for_passwords_and_the_test(typed: list[str], again: list[str]) -> None:
    assert given.proving_again(options.parse(["prove", *typed])) == ["pitstop", "prove", *again]
