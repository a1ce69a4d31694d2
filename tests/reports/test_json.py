"""JSON: exactly the report, and what the published schema says."""

from __future__ import annotations

import json

import jsonschema
import msgspec
import pytest

from pitstop.data import Report
from pitstop.reports.json import render, schema

from .regenerate import SCHEMA, schema_text
from .sample import EMPTY, REPORT


def validator() -> jsonschema.Draft202012Validator:
    published = json.loads(SCHEMA.read_text("utf-8"))
    jsonschema.Draft202012Validator.check_schema(published)
    return jsonschema.Draft202012Validator(published)


def test_the_published_schema_is_that_of_the_types() -> None:
    assert SCHEMA.read_text("utf-8") == schema_text(), "run `.venv/bin/python -m tests.reports.regenerate`"


@pytest.mark.parametrize("report", [REPORT, EMPTY], ids=["full", "empty"])
def test_what_is_written_is_what_the_schema_says_and_reads_back(report: Report) -> None:
    text = render(report)
    validator().validate(json.loads(text))
    assert msgspec.json.decode(text, type=Report) == report
    assert text.endswith("}\n")


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("findings", 0, "severity"), "urgent"),
        (("findings", 0, "location", "line"), "21"),
        (("findings", 0, "evidence", 0, "kind"), "guess"),
        (("findings", 0, "fix", "class"), "maybe"),
        (("verdicts", 0, "outcome"), "fine"),
        (("verdicts", 0, "exercised"), [1]),
        (("schema_version",), None),
    ],
)
def test_the_schema_refuses_what_no_report_holds(path: tuple[str | int, ...], value: object) -> None:
    document = json.loads(render(REPORT))
    spot = document
    for step in path[:-1]:
        spot = spot[step]
    spot[path[-1]] = value
    assert not validator().is_valid(document)


def test_the_agreed_names_are_there() -> None:
    document = json.loads(render(REPORT))
    assert document["schema_version"] == 1
    assert {"tool", "project", "findings", "patches", "declined", "verdicts", "skipped"} <= set(document)
    finding = document["findings"][0]
    assert finding["fix"]["class"] == "proved"
    assert [evidence["kind"] for evidence in finding["evidence"]] == ["source", "trace"]
    assert [verdict["outcome"] for verdict in document["verdicts"]] == [
        "proved",
        "changed",
        "not-faster",
        "unproven",
    ]
    assert schema()["$schema"].endswith("2020-12/schema")
