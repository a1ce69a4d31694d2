"""Workflow commands, taken apart as GitHub's runner does."""

from __future__ import annotations

import re
from urllib.parse import unquote

import pytest

from pitstop.data import Report
from pitstop.reports.annotations import annotate
from pitstop.reports.github import render
from pitstop.reports.layout import clean

from .hostile import HOSTILE, JUDGED, TEXT
from .sample import EMPTY, REPORT


def parsed(line: str) -> tuple[str, dict[str, str], str]:
    """The command, its properties and its message (`ActionCommand.TryParseV2` of the runner)."""
    assert line.startswith("::")
    head, _, message = line[2:].partition("::")
    command, _, told = head.partition(" ")
    properties = dict(pair.split("=", 1) for pair in told.split(","))

    def data(text: str) -> str:
        return text.replace("%0D", "\r").replace("%0A", "\n").replace("%25", "%")

    return (
        command,
        {name: data(value.replace("%3A", ":").replace("%2C", ",")) for name, value in properties.items()},
        data(message),
    )


@pytest.mark.parametrize("report", [REPORT, HOSTILE, JUDGED])
def test_each_remark_is_one_command_and_nothing_else_is(report: Report) -> None:
    lines = render(report).split("\n")
    assert lines.pop() == ""
    commands = [line for line in lines if line.startswith("::")]
    assert len(commands) == len(annotate(report)) == len(lines) - 1
    assert {parsed(line)[0] for line in commands} <= {"error", "warning", "notice"}


def test_what_is_said_comes_through_whole() -> None:
    command, properties, message = parsed(render(HOSTILE).splitlines()[0])
    assert command == "error"
    assert properties == {
        "title": "pitstop: n-plus-one-loop",
        "file": "services/a b/a b/ä,c:d%25#?.py",
        "line": "3",
        "endLine": "4",
    }
    assert message.startswith(clean(TEXT))
    assert message.endswith("[e1b2c3d4e5f6]")


def test_levels_are_github_s() -> None:
    words = [found[0] for line in render(REPORT).splitlines() if (found := re.findall(r"^::(\w+)", line))]
    assert words == ["error"] * 2 + ["warning"] * 5 + ["notice"] * 3


def test_a_remark_without_a_place_names_no_file() -> None:
    commands = [parsed(line) for line in render(HOSTILE).splitlines()[1:3]]
    assert all("file" not in properties for _, properties, _ in commands)


def test_where_there_is_nothing_that_is_said_in_the_log() -> None:
    assert render(EMPTY) == "pitstop: Nothing found\n"
    assert unquote(render(EMPTY)) == render(EMPTY)
