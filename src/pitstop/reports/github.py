"""Workflow commands of GitHub Actions: each remark stands beside its line in the pull request.

GitHub shows ten errors, ten warnings and ten notices of a step (its documentation of workflow commands and of annotations); the worst
come first, and the last line, which is plain text, says what all of them come to.
"""

from __future__ import annotations

from pitstop.data import Report
from pitstop.reports.annotations import Annotation, annotate
from pitstop.reports.layout import clean
from pitstop.reports.words import headline

_COMMANDS = {"error": "error", "warning": "warning", "note": "notice"}


def render(report: Report) -> str:
    """One command a line."""
    lines = [_command(each, report.project.folder) for each in annotate(report)]
    if told := headline(report):
        # A name in it must not begin a line, where it could be a command.
        lines.append("pitstop: " + " ".join(clean(told).split()))
    return "".join(line + "\n" for line in lines)


def _command(each: Annotation, folder: str) -> str:
    properties = {"title": f"pitstop: {each.rule}"}
    if each.location is not None:
        place = each.location
        path = f"{folder}/{place.path}" if folder else place.path
        properties |= {"file": path, "line": str(place.line)}
        if place.end_line > place.line:
            properties["endLine"] = str(place.end_line)
        elif place.column > 1:
            properties["col"] = str(place.column)
    told = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    text = "\n".join([each.message, *each.details, f"[{each.fingerprint}]"])
    return f"::{_COMMANDS[each.level]} {told}::{_data(text)}"


def _data(text: str) -> str:
    """As GitHub's runner takes it apart again (`escapeData` of its toolkit)."""
    return clean(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
