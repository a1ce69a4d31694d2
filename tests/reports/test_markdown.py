"""The review comment, set by a CommonMark parser with tables as GitHub has them."""

from __future__ import annotations

import re

import msgspec
import pytest
from markdown_it import MarkdownIt

from pitstop.data import Report
from pitstop.reports.markdown import LONGEST, MARK, render

from .hostile import HOSTILE, JUDGED, MANY
from .sample import EMPTY, REPORT


def page(report: Report) -> str:
    return str(MarkdownIt("commonmark", {"html": True}).enable("table").render(render(report)))


@pytest.mark.parametrize("report", [EMPTY, REPORT, HOSTILE, JUDGED, MANY])
def test_it_fits_a_comment_and_begins_with_the_mark(report: Report) -> None:
    text = render(report)
    assert text.startswith(MARK + "\n")
    assert len(text) <= LONGEST + 1_000 < 65_536


def test_what_did_not_fit_is_counted() -> None:
    left = re.search(r"^([\d,]+) more did not fit", render(MANY), re.MULTILINE)
    assert left is not None
    shown = render(MANY).count("**high**")
    assert int(left[1].replace(",", "")) + shown == 6_000


def test_nothing_of_the_service_is_html_a_mention_or_a_mark_of_its_own() -> None:
    text = page(HOSTILE)
    assert "<script" not in text
    assert "<i>" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    assert "<em>x</em>" not in text
    assert "<strong>init</strong>" not in text
    assert not re.search(r"(?<![;\w])@all", render(HOSTILE).partition("Next:")[0])
    assert not re.search(r"[\x00-\x08\x0b-\x1f\ud800-\udfff]", render(HOSTILE))


def test_a_table_keeps_its_cells() -> None:
    rows = re.findall(r"<tr>(.*?)</tr>", page(REPORT), re.DOTALL)
    assert len(rows) == 1 + 5
    assert all(len(re.findall("<t[hd]", row)) == 5 for row in rows)
    assert "<td>51 → 2 statements, 10.8× faster (412 → 38.1 ms)</td>" in rows[1]


def test_a_diff_that_holds_a_fence_does_not_end_its_own() -> None:
    patch = REPORT.patches[0]
    fenced = msgspec.structs.replace(patch, diff=patch.diff + "+```\n+<b>\n")
    text = page(msgspec.structs.replace(REPORT, patches=(fenced, *REPORT.patches[1:])))
    assert "+```\n+&lt;b&gt;\n</code></pre>" in text


def test_only_repairs_that_were_proved_are_shown() -> None:
    assert "Load the authors with the posts <sub>" in render(REPORT)
    assert "Fetch all tags with one IN <sub>" not in render(REPORT)
