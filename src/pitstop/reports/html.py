"""The report as one HTML page that opens from disk and needs no network: what a browser shows of it is made in `page/`."""

from __future__ import annotations

import importlib.resources
from functools import cache

import msgspec

import pitstop.reports
from pitstop.data import Report
from pitstop.reports import explain
from pitstop.reports.json import encoded

_PLACE = "__DATA__"
_TURNS = (0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A))
_HARMLESS = {
    **{ord(sign): f"\\u{ord(sign):04x}" for sign in "<>&\u2028\u2029"},
    **{sign: f"\\\\u{sign:04x}" for sign in _TURNS},
}
"""What could end a script element or a line of one is escaped, which JSON allows in strings, and nowhere else does it stand in JSON. What
turns the reading direction is shown, as on a terminal: code must not look other than it is."""


def render(report: Report) -> str:
    """The page with the report in it, and the pages about the problems that it names."""
    return filled(document(report))


def document(report: Report) -> str:
    """What the page shows, as JSON: `report`, and by the problems' names their `title` and `page`.

    The whole files before and after each patch are left out: its diff says what changed.
    """
    patches = tuple(msgspec.structs.replace(patch, changes=()) for patch in report.patches)
    told = {"report": msgspec.structs.replace(report, patches=patches), "problems": _problems(report)}
    return encoded(told).decode()


def filled(document: str) -> str:
    """The page with a JSON document as its data."""
    before, after = _template()
    return before + document.translate(_HARMLESS) + after


@cache
def _template() -> tuple[str, str]:
    text = importlib.resources.files(pitstop.reports).joinpath("page.html").read_text("utf-8")
    before, _, after = text.partition(_PLACE)
    return before, after


def _problems(report: Report) -> dict[str, dict[str, str]]:
    available = explain.pages()
    named = {each.problem for each in (*report.findings, *report.patches, *report.declined, *report.verdicts)}
    texts = {name: available[name].read_text("utf-8") for name in sorted(named & available.keys())}
    return {name: {"title": _title(text), "page": text} for name, text in texts.items()}


def _title(page: str) -> str:
    """The sentence below the heading of a page, which says what the problem is."""
    return next((line for line in page.splitlines() if line.strip() and not line.startswith("#")), "")
