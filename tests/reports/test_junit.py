"""JUnit XML, against the schema of Jenkins' xUnit plugin."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
import xmlschema

from pitstop.data import Report
from pitstop.reports.annotations import annotate
from pitstop.reports.junit import render

from .hostile import HOSTILE, JUDGED
from .sample import EMPTY, REPORT

SCHEMA = xmlschema.XMLSchema(str(Path(__file__).parent / "schemas" / "junit-10.xsd"))


@pytest.mark.parametrize("report", [EMPTY, REPORT, HOSTILE, JUDGED])
def test_it_is_what_the_schema_says_and_counts_what_it_holds(report: Report) -> None:
    text = render(report)
    SCHEMA.validate(text)
    cases = 0
    for suite in ET.fromstring(text.encode()):
        assert int(suite.attrib["tests"]) == len(suite)
        assert int(suite.attrib["failures"]) == len(suite.findall("*/failure"))
        assert int(suite.attrib["errors"]) == len(suite.findall("*/error"))
        cases += len(suite.findall("*/failure")) + len(suite.findall("*/error"))
    assert cases == len(annotate(report))


def test_what_was_not_looked_at_does_not_look_like_a_test_that_passed() -> None:
    suites = {suite.attrib["name"]: suite for suite in ET.fromstring(render(REPORT).encode())}
    unseen = suites["pitstop.not-looked-at"]
    assert (unseen.attrib["errors"], unseen.attrib["skipped"]) == ("2", "0")


def test_a_proved_repair_is_a_case_that_passed() -> None:
    suites = {suite.attrib["name"]: suite for suite in ET.fromstring(render(REPORT).encode())}
    (case,) = suites["pitstop.proof"]
    assert case.attrib["name"] == "Load the authors with the posts"
    assert not len(case)
