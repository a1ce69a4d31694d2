"""The terminal report: everything is said, fits the width, and user text stays text."""

from __future__ import annotations

import re

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from pitstop.data import Declined, FixOutlook, Option, Report, TraceEvidence
from pitstop.reports.full import render
from pitstop.reports.layout import clean, route_name, shorten
from pitstop.verdicts import Change, Interval, Proved, RouteProof

from .sample import EMPTY, REPORT

ESCAPE = re.compile(r"\x1b\[[0-9;]*m")


def squeezed(text: str) -> str:
    return re.sub(r"\s+", "", text)


@pytest.mark.parametrize("width", [40, 60, 99, 100, 140, 200])
def test_no_line_is_wider_than_asked(width: int) -> None:
    assert [line for line in render(REPORT, width=width).splitlines() if cell_len(line) > width] == []


@pytest.mark.parametrize("width", [40, 60, 140])
def test_everything_that_matters_is_said_at_every_width(width: int) -> None:
    text = squeezed(render(REPORT, width=width))
    for finding in REPORT.findings:
        assert squeezed(finding.message) in text
        assert f"{finding.location.path}:{finding.location.line}" in text
        assert finding.id in text
    for said in ("10.8×faster(412→38.1ms)", "9.9-11.7×", "51→2", "12/12", "5/8", "loopblocked340→0ms"):
        assert said in text
    for verdict in REPORT.verdicts:
        assert squeezed(verdict.title) in text
        assert isinstance(verdict, Proved) or squeezed(verdict.reason) in text
    for skipped in REPORT.skipped:
        assert squeezed(skipped.subject + ": " + skipped.reason) in text
    assert squeezed(REPORT.declined[0].reason) in text
    assert text.endswith(squeezed(f"Next: {REPORT.next}"))


def test_without_color_there_is_no_escape_code_and_with_color_only_those_of_style() -> None:
    assert "\x1b" not in render(REPORT, width=100)
    colored = render(REPORT, width=100, color=True)
    assert "\x1b[" in colored
    assert "\x1b" not in ESCAPE.sub("", colored)


def test_what_there_is_to_decide_between_is_told_once_for_findings_alike() -> None:
    ways = (
        Option(name="way-one", text="do less", risk="too little is done"),
        Option(name="way-two", text="later"),
    )
    decided = msgspec.structs.replace(
        REPORT.findings[0], fix=FixOutlook(fix_class="decide", options=ways[:1])
    )
    findings = (decided, msgspec.structs.replace(decided, id="aa"), msgspec.structs.replace(decided, id="bb"))
    other = msgspec.structs.replace(decided, id="cc", fix=FixOutlook(fix_class="decide", options=ways))
    text = render(msgspec.structs.replace(EMPTY, findings=(*findings, other)), width=140)
    assert text.count("way-one") == 2
    assert text.index("bb · ") < text.index("way-one") < text.index("cc · ") < text.index("way-two")
    declined = tuple(
        Declined(finding=each.id, problem=each.problem, reason="by hand", options=ways) for each in findings
    )
    text = render(msgspec.structs.replace(EMPTY, declined=declined), width=140)
    assert text.count("by hand") == 3
    assert text.count("way-one") == text.count("too little is done") == 1


def test_bytes_in_have_a_column_where_there_are_any() -> None:
    none = tuple(msgspec.structs.replace(route, bytes_in=0.0) for route in REPORT.routes)
    assert "bytes in" in render(REPORT, width=140)
    assert "bytes in" not in render(msgspec.structs.replace(REPORT, routes=none), width=140)


def test_color_changes_no_character() -> None:
    bare = [line.rstrip() for line in ESCAPE.sub("", render(REPORT, width=100, color=True)).splitlines()]
    assert bare == render(REPORT, width=100).splitlines()


HOSTILE = "[red]x[/red] [/] :boom: \x1b[31mred\x1b]8;;http://evil\x07 \u202etxt \ud800 \r\b\x9b2J"


def hostile(value: object) -> object:
    if isinstance(value, str):
        return HOSTILE
    if isinstance(value, list):
        return [hostile(item) for item in value]
    if isinstance(value, dict):
        fixed = {"kind", "outcome", "severity", "confidence", "class", "domain", "aims", "metric"}
        return {key: item if key in fixed else hostile(item) for key, item in value.items()}
    return value


@pytest.mark.parametrize("color", [False, True])
def test_user_text_is_neither_markup_nor_escape_code(color: bool) -> None:
    report = msgspec.convert(hostile(msgspec.to_builtins(REPORT)), Report)
    text = ESCAPE.sub("", render(report, width=140, color=color))
    assert "[red]x[/red] [/] :boom: \\x1b[31mred" in text
    assert not set(text) & set("\x1b\x07\x9b\r\b\u202e\ud800")
    text.encode()


@given(st.text())
def test_clean_text_can_be_written_and_moves_nothing(text: str) -> None:
    cleaned = clean(text)
    cleaned.encode()
    assert all(character >= " " or character == "\n" for character in cleaned)


@given(st.text(), st.integers(min_value=2, max_value=50))
def test_shortened_text_is_one_line_of_at_most_the_limit(text: str, limit: int) -> None:
    short = shorten(text, limit)
    assert len(short) <= limit
    assert "\n" not in short


def timed(before: float, after: float, interval: Interval) -> Report:
    change = Change(
        metric="duration", before=before, after=after, unit="ms", interval=interval, control=interval
    )
    verdict = Proved(
        patch="p", finding="f", problem="x", title="t", reason="r",
        routes=(RouteProof(route="GET /", compared=1, equal=1, changes=(change,)),),
    )  # fmt: skip
    return msgspec.structs.replace(EMPTY, verdicts=(verdict,))


ratios = st.floats(min_value=1e-4, max_value=1e4)


@given(st.floats(min_value=0.001, max_value=1e6), ratios, ratios, ratios, st.sampled_from([60, 140]))
def test_no_figure_is_ever_printed_as_once_as_fast(
    before: float, ratio: float, a: float, b: float, width: int
) -> None:
    low, high = min(ratio, a, b), max(ratio, a, b)
    text = render(timed(before, before * ratio, Interval(ratio=ratio, low=low, high=high)), width=width)
    assert not re.search(r"(?<!\d)1\.0+× (faster|slower)", text)
    if low > 1:
        assert "faster" not in text
    if high < 1:
        assert "slower" not in text


def test_figures_that_are_no_numbers_do_not_stop_the_report() -> None:
    nan, inf = float("nan"), float("inf")
    assert "? ms" in render(timed(nan, inf, Interval(ratio=nan, low=0.0, high=inf)), width=140)


def test_the_better_time_is_shown_not_the_first() -> None:
    text = render(REPORT, width=140)
    assert "CPU 10.8× faster" in text
    assert "420 → 419" not in text


@pytest.mark.parametrize(
    ("control", "shown"),
    [
        (None, "2.1× faster (44.8 → 22.6 ms)"),
        (Interval(ratio=0.99, low=0.96, high=1.02), "2.1× faster (44.8 → 22.6 ms)"),
        (Interval(ratio=0.55, low=0.48, high=1.9), "CPU 4.0× faster (1.9 → 0.5 ms)"),
    ],
)
def test_what_a_client_waits_for_is_shown_first_unless_the_unchanged_service_differs_as_much(
    control: Interval | None, shown: str
) -> None:
    waited = Change(
        metric="duration",
        before=44.8,
        after=22.6,
        unit="ms",
        interval=Interval(ratio=0.48, low=0.47, high=0.54),
        control=control,
    )
    cpu = Change(
        metric="cpu", before=1.9, after=0.5, unit="ms", interval=Interval(ratio=0.25, low=0.2, high=0.3)
    )
    report = timed(1.0, 1.0, Interval(ratio=1.0, low=1.0, high=1.0))
    (verdict,) = report.verdicts
    (route,) = verdict.routes
    both = msgspec.structs.replace(route, changes=(cpu, waited))
    verdict = msgspec.structs.replace(verdict, routes=(both,))
    text = render(msgspec.structs.replace(report, verdicts=(verdict,)), width=140)
    assert re.search(r"(CPU )?[\d.]+× faster \([^)]*\)", text)[0] == shown  # type: ignore[index] # it is there


def test_a_long_diff_is_cut_and_says_so() -> None:
    text = render(REPORT, width=140)
    assert "+line 20" in text
    assert "+line 21" not in text
    assert "… 19 more lines" in text


def test_findings_stand_by_problem_the_worst_first() -> None:
    first, second, *_ = REPORT.findings
    other = msgspec.structs.replace(second, problem="another-problem", id="aaaaaaaaaaaa")
    last = msgspec.structs.replace(first, id="bbbbbbbbbbbb")
    text = render(msgspec.structs.replace(EMPTY, findings=(first, other, last)), width=140)
    places = [text.index(each) for each in (first.problem, first.id, last.id, "another-problem", other.id)]
    assert places == sorted(places)


def test_a_finding_measured_on_many_routes_is_told_in_few_lines() -> None:
    finding = next(
        each for each in REPORT.findings if any(isinstance(e, TraceEvidence) for e in each.evidence)
    )

    def measured(number: int) -> str:
        seen = tuple(
            TraceEvidence(text=f"route {each}", figures={"blocks": 1.0, "duration_ms": 2.0, "requests": 2.0})
            for each in range(number)
        )
        return render(
            msgspec.structs.replace(EMPTY, findings=(msgspec.structs.replace(finding, evidence=seen),))
        )

    many = measured(40)
    assert [f"route {each}" in many for each in (0, 2, 3, 39)] == [True, True, False, False]
    assert "and on 37 more routes, in --format json" in many
    assert "route 3" in measured(4)
    assert "more routes" not in measured(4)
    assert "1 block, 2 ms duration, 2 requests" in many


def test_a_long_route_is_broken_before_a_slash() -> None:
    assert (
        route_name("GET /api/officers/terms/{computing_id}").plain
        == "GET /api/officers/terms\n  /{computing_id}"
    )
    assert route_name("GET /items").plain == "GET /items"
    assert route_name("/" + "x" * 60).plain == "/" + "x" * 60
    long = msgspec.structs.replace(
        REPORT.routes[0], route="DELETE /api/candidates/{election_name}/{computing_id}"
    )
    text = render(msgspec.structs.replace(REPORT, routes=(long,), verdicts=()), width=120)
    assert re.search(r"^DELETE /api/candidates +\d", text, re.MULTILINE)
    assert re.search(r"^ +/\{election_name\} *$", text, re.MULTILINE)


def test_an_option_of_many_findings_is_told_whole_once() -> None:
    given = (
        Option(name="drop", text="drop the short one", effect="one index less to write", diff="-    short\n"),
        Option(name="keep", text="keep both", effect="the short one fits into memory"),
    )
    declined = msgspec.structs.replace(REPORT.declined[0], options=given)
    text = render(msgspec.structs.replace(REPORT, declined=(declined, declined)), width=200)
    assert text.count("effect: one index less") == text.count("keep both") == 1
    assert text.count("drop: as above") == 1
    assert text.count("-    short") == 2


def test_nothing_found_is_said_and_what_was_not_looked_at_beside_it() -> None:
    assert render(EMPTY).splitlines()[-1] == "Nothing found"
    partly = msgspec.structs.replace(EMPTY, skipped=REPORT.skipped)
    assert render(partly).splitlines()[-1] == "Nothing found · 2 not looked at"


@pytest.mark.parametrize(
    ("expected", "said"),
    [
        ((7.0, 14.0), "expected 7.0 to 14.0×"),
        ((3.0, 3.0), "expected 3.0×"),
        ((1.0, 3.3), "expected up to 3.3×"),
    ],
)
def test_a_gain_that_may_be_none_is_said_as_a_limit(expected: tuple[float, float], said: str) -> None:
    finding = REPORT.findings[0]
    assert finding.impact is not None
    unmeasured = msgspec.structs.replace(finding.impact, expected=expected, measured={})
    report = msgspec.structs.replace(EMPTY, findings=(msgspec.structs.replace(finding, impact=unmeasured),))
    assert f"{said} better" in render(report, width=200)
