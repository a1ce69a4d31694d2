"""Code Quality reports, by what GitLab's documentation says of them: it publishes no schema."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest

from pitstop.data import Report
from pitstop.reports.annotations import annotate
from pitstop.reports.gitlab import render

from .hostile import HOSTILE, JUDGED, MANY
from .sample import EMPTY, REPORT

SCHEMA = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["description", "check_name", "fingerprint", "severity", "location"],
        "properties": {
            "description": {"type": "string", "minLength": 1},
            "check_name": {"type": "string", "minLength": 1},
            "fingerprint": {"type": "string", "minLength": 1},
            "severity": {"enum": ["info", "minor", "major", "critical", "blocker"]},
            "location": {
                "type": "object",
                "required": ["path", "lines"],
                "properties": {
                    "path": {"type": "string", "pattern": r"^(?!\./|/)."},
                    "lines": {
                        "type": "object",
                        "required": ["begin"],
                        "properties": {"begin": {"type": "integer", "minimum": 1}},
                    },
                },
            },
        },
    },
}


def read(report: Report) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(render(report))
    return found


@pytest.mark.parametrize("report", [EMPTY, REPORT, HOSTILE, JUDGED, MANY])
def test_it_is_as_documented_and_each_fingerprint_is_there_once(report: Report) -> None:
    found = read(report)
    jsonschema.validate(found, SCHEMA)
    assert len({each["fingerprint"] for each in found}) == len(found) == len(annotate(report))


def test_paths_are_those_of_the_repository() -> None:
    places = [each["location"]["path"] for each in read(HOSTILE)]
    assert places == ["services/a b/a b/ä,c:d%25#?.py", *["services/a b/pyproject.toml"] * 2]


def test_severities_are_those_of_the_findings() -> None:
    assert [each["severity"] for each in read(REPORT)] == ["critical"] * 2 + ["major"] * 5 + ["minor"] * 3
    assert read(HOSTILE)[0]["severity"] == "critical"
