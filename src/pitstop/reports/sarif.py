"""SARIF 2.1.0, the form in which code scanners hand over what they found; within the limits of GitHub's code scanning.

Paths are URIs relative to the repository's root (`%SRCROOT%`). A result has its fingerprint twice: under pitstop's name, and as `primaryLocationLineHash`,
the only one that GitHub compares. What was not looked at is a notification of the run, for it has no place in the code.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from pitstop.data import Location, Report
from pitstop.reports import explain
from pitstop.reports.annotations import Annotation, Level, annotate
from pitstop.reports.figures import count
from pitstop.reports.json import written
from pitstop.reports.outcome import is_green

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
RESULTS, RELATED, STEPS = 5_000, 100, 1_000
"""Of a run, a result and a path GitHub shows no more (its documentation, "SARIF results exceed one or more limits")."""
_ROOT = "%SRCROOT%"
_TITLES = {
    "budget": "A request that costs more than its route's budget allows",
    "question": "A question to who wrote a change",
    "decision": "Something in a change that a person has to decide on",
    "proof": "A change of which it is not proved that the service answers as before",
    "contract": "A change of the OpenAPI document that may break clients",
}
_PROBLEM_SEVERITY = {"error": "error", "warning": "warning", "note": "recommendation"}


def render(report: Report) -> str:
    """One run as JSON."""
    found = annotate(report)
    placed = [each for each in found if each.rule != "not-looked-at"]
    shown, left = placed[:RESULTS], len(placed) - RESULTS
    notes = [_note(each) for each in found if each.rule == "not-looked-at"]
    if left > 0:
        text = f"{count(left, 'more result')} left out, the least severe: code scanning shows {RESULTS:,}"
        notes.append({"level": "note", "message": {"text": text}})
    levels: dict[str, Level] = {}
    for each in shown:
        levels.setdefault(each.rule, each.level)
    rules = {name: number for number, name in enumerate(levels)}
    run: dict[str, Any] = {
        "tool": {
            "driver": {
                "name": report.tool.name,
                "semanticVersion": report.tool.version,
                "rules": [_rule(name, level, shown) for name, level in levels.items()],
            }
        },
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {_ROOT: {"description": {"text": "The root of the repository."}}},
        "invocations": [
            {"executionSuccessful": not notes, "exitCode": 0 if is_green(report) else 1}
            | ({"toolExecutionNotifications": notes} if notes else {})
        ],
        "results": [_result(each, rules[each.rule], report) for each in shown],
    }
    log = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return written(log)


def _rule(name: str, level: Level, shown: list[Annotation]) -> dict[str, Any]:
    """A rule with the page that explains it, as severe as the worst that it found: the worst come first."""
    finding = next(each.finding for each in shown if each.rule == name)
    severity = _PROBLEM_SEVERITY[level]
    if finding is None:
        return {
            "id": name,
            "shortDescription": {"text": _TITLES[name]},
            "defaultConfiguration": {"level": level},
            "properties": {"tags": [name], "problem.severity": severity},
        }
    page = explain.page(name)
    gist = explain.gist(page)
    return {
        "id": name,
        "shortDescription": {"text": gist},
        "fullDescription": {"text": gist},
        "help": {"text": page, "markdown": page},
        "defaultConfiguration": {"level": level},
        "properties": {"tags": [finding.domain, "performance"], "problem.severity": severity},
    }


def _result(each: Annotation, rule: int, report: Report) -> dict[str, Any]:
    finding, folder = each.finding, report.project.folder
    result: dict[str, Any] = {
        "ruleId": each.rule,
        "ruleIndex": rule,
        "level": each.level,
        "message": {"text": "\n".join([each.message, *each.details])},
        "partialFingerprints": {
            "pitstop/v1": each.fingerprint,
            "primaryLocationLineHash": f"{each.fingerprint}:1",
        },
        # GitHub takes no result without a place.
        "locations": [_location(each.location or Location(path="pyproject.toml", line=1), folder)],
    }
    if finding is None:
        return result
    result["properties"] = {"confidence": finding.confidence, "severity": finding.severity}
    if finding.places:
        result["relatedLocations"] = [
            {"id": number} | _location(place, folder)
            for number, place in enumerate(finding.places[:RELATED], 1)
        ]
    if len(finding.call_path) > 1:
        steps = [{"location": _location(place, folder)} for place in finding.call_path[:STEPS]]
        result["codeFlows"] = [{"threadFlows": [{"locations": steps}]}]
    return result


def _location(place: Location, folder: str) -> dict[str, Any]:
    region = {"startLine": max(1, place.line), "startColumn": max(1, place.column)}
    if place.end_line >= place.line and place.end_column:
        region |= {"endLine": place.end_line, "endColumn": place.end_column}
    path = f"{folder}/{place.path}" if folder else place.path
    physical = {
        "artifactLocation": {"uri": quote(path, errors="replace"), "uriBaseId": _ROOT},
        "region": region,
    }
    logical = [{"fullyQualifiedName": place.symbol}] if place.symbol else []
    return {"physicalLocation": physical} | ({"logicalLocations": logical} if logical else {})


def _note(each: Annotation) -> dict[str, Any]:
    return {"level": each.level, "message": {"text": each.message}}
