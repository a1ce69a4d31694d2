"""SARIF, against the schema of OASIS and what GitHub's documentation says that it takes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest

from pitstop.data import Report
from pitstop.reports.annotations import annotate
from pitstop.reports.sarif import RELATED, RESULTS, render

from .hostile import HOSTILE, JUDGED, MANY, UNSURE
from .sample import EMPTY, REPORT

SCHEMA = json.loads((Path(__file__).parent / "schemas" / "sarif-2.1.0.json").read_text("utf-8"))
VALIDATOR = jsonschema.Draft4Validator(SCHEMA)


def run_of(report: Report) -> dict[str, Any]:
    (run,) = json.loads(render(report))["runs"]
    assert isinstance(run, dict)
    return run


@pytest.mark.parametrize("report", [EMPTY, REPORT, HOSTILE, JUDGED, UNSURE])
def test_it_is_what_the_schema_says(report: Report) -> None:
    VALIDATOR.validate(json.loads(render(report)))


@pytest.mark.parametrize("report", [REPORT, HOSTILE, JUDGED])
def test_each_remark_is_a_result_of_its_rule_or_a_notification(report: Report) -> None:
    run = run_of(report)
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert len(set(rules)) == len(rules)
    assert all(rules[each["ruleIndex"]] == each["ruleId"] for each in run["results"])
    notes = run["invocations"][0].get("toolExecutionNotifications", [])
    assert len(run["results"]) + len(notes) == len(annotate(report))


def test_github_gets_a_place_and_its_own_fingerprint_of_each() -> None:
    for each in (*run_of(REPORT)["results"], *run_of(JUDGED)["results"]):
        assert each["locations"]
        ours = each["partialFingerprints"]["pitstop/v1"]
        assert each["partialFingerprints"]["primaryLocationLineHash"] == f"{ours}:1"


def test_paths_are_uris_from_the_root_of_the_repository() -> None:
    (result,) = run_of(HOSTILE)["results"]
    place = result["locations"][0]["physicalLocation"]
    assert place["artifactLocation"] == {
        "uri": "services/a%20b/a%20b/%C3%A4%2Cc%3Ad%2525%23%3F.py",
        "uriBaseId": "%SRCROOT%",
    }
    assert place["region"] == {"startLine": 3, "startColumn": 5, "endLine": 4, "endColumn": 9}
    steps = result["codeFlows"][0]["threadFlows"][0]["locations"]
    assert [each["location"]["physicalLocation"]["region"]["startLine"] for each in steps] == [3, 9]


def test_no_more_is_written_than_github_shows_and_the_rest_is_counted() -> None:
    run = run_of(MANY)
    assert len(run["results"]) == RESULTS
    assert len(run["results"][0]["relatedLocations"]) == RELATED
    (note,) = run["invocations"][0]["toolExecutionNotifications"]
    assert note["message"]["text"].startswith("1,000 more results left out")


def test_what_was_not_looked_at_is_no_success() -> None:
    assert run_of(EMPTY)["invocations"] == [{"executionSuccessful": True, "exitCode": 0}]
    (invocation,) = run_of(HOSTILE)["invocations"]
    assert (invocation["executionSuccessful"], invocation["exitCode"]) == (False, 1)


def test_a_rule_is_explained_and_as_severe_as_the_worst_of_its_results() -> None:
    low = msgspec.structs.replace(HOSTILE.findings[0], id="0" * 12, severity="low")
    run = run_of(msgspec.structs.replace(HOSTILE, findings=(low, HOSTILE.findings[0])))
    (rule,) = run["tool"]["driver"]["rules"]
    assert rule["help"]["markdown"].startswith("# n-plus-one-loop\n")
    assert rule["defaultConfiguration"]["level"] == "error"
    assert rule["properties"]["problem.severity"] == "error"
    assert [each["level"] for each in run["results"]] == ["error", "note"]
