"""The page as text: what is put into it, and that nothing of it is HTML. How it looks and moves is in tests/page."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from typing import Any

import msgspec
import pytest

from pitstop.data import Report
from pitstop.reports.html import filled, render

from .hostile import HOSTILE, JUDGED
from .sample import EMPTY, REPORT

_DATA = re.compile(r'<script type="application/json" id="data">(.*?)</script>', re.DOTALL)


def data(page: str) -> dict[str, Any]:
    (text,) = _DATA.findall(page)
    found: dict[str, Any] = json.loads(text)
    return found


class Elements(HTMLParser):
    """The names of a page's elements and attributes, in order."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[str, tuple[str, ...]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, tuple(name for name, _ in attrs)))


def elements(page: str) -> list[tuple[str, tuple[str, ...]]]:
    parser = Elements()
    parser.feed(page)
    return parser.seen


@pytest.mark.parametrize("report", [EMPTY, REPORT, HOSTILE, JUDGED])
def test_whatever_the_report_the_page_has_the_same_elements(report: Report) -> None:
    assert elements(render(report)) == elements(filled("{}"))


def test_the_report_reads_back_without_whole_files() -> None:
    told = msgspec.json.decode(json.dumps(data(render(REPORT))["report"]), type=Report)
    patches = tuple(msgspec.structs.replace(patch, changes=()) for patch in REPORT.patches)
    assert told == msgspec.structs.replace(REPORT, patches=patches)


def test_the_problems_that_are_named_bring_their_pages() -> None:
    problems = data(render(REPORT))["problems"]
    assert list(problems) == ["blocking-call-in-async", "client-per-request", "n-plus-one-loop"]
    assert problems["n-plus-one-loop"]["page"].startswith("# n-plus-one-loop\n")
    assert problems["n-plus-one-loop"]["title"].startswith("This service has ")
    assert data(render(EMPTY))["problems"] == {}


def test_a_problem_that_nobody_describes_has_no_page() -> None:
    finding = msgspec.structs.replace(REPORT.findings[0], problem="of-somebody-else")
    assert data(render(msgspec.structs.replace(EMPTY, findings=(finding,))))["problems"] == {}


def test_no_text_ends_the_script_it_stands_in_and_none_turns_the_reading_direction() -> None:
    text = "</script><!-- & \u2028 \u202e"
    page = filled(json.dumps({"text": text}, ensure_ascii=False))
    assert data(page) == {"text": "</script><!-- & \u2028 \\u202e"}
    (between,) = _DATA.findall(page)
    assert not re.search("[<>&\u2028\u2029\u202a-\u202e]", between)


def test_no_network_is_needed_or_allowed() -> None:
    page = render(EMPTY)
    assert "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:" in page
    assert not re.search(r"<(?:link|img|iframe)\b|<script[^>]* src=|@import|url\((?!data:)", page)
