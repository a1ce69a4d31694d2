"""JUnit XML, for build servers that show tests: what is wrong is a failed test, what was not looked at one that ended in an error.

A suite for each kind of remark, a case for each of them; proofs that passed are cases that passed.
"""

from __future__ import annotations

from collections import defaultdict
from xml.etree import ElementTree as ET

from pitstop.data import Report
from pitstop.reports.annotations import Annotation, annotate
from pitstop.reports.layout import clean
from pitstop.reports.words import headline
from pitstop.verdicts import Proved


def render(report: Report) -> str:
    """The document, with an empty suite where there is nothing to say: some servers take no other for a run that passed."""
    suites: dict[str, list[ET.Element]] = defaultdict(list)
    for verdict in report.verdicts:
        if isinstance(verdict, Proved):
            suites["proof"].append(_case("proof", verdict.title, report))
    for each in annotate(report):
        suites[each.rule].append(_failed(each, report))
    top = ET.Element("testsuites", name="pitstop")
    for name, cases in (suites or {"pitstop": [_case("pitstop", headline(report) or "ran", report)]}).items():
        failures = sum(case.find("failure") is not None for case in cases)
        errors = sum(case.find("error") is not None for case in cases)
        counts = {"tests": len(cases), "failures": failures, "errors": errors, "skipped": 0}
        told = {"name": f"pitstop.{name}", **{key: str(value) for key, value in counts.items()}}
        ET.SubElement(top, "testsuite", told).extend(cases)
    ET.indent(top)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(top, encoding="unicode") + "\n"


def _case(suite: str, name: str, report: Report) -> ET.Element:
    where = f"{report.project.app or 'pitstop'}.{suite}"
    return ET.Element("testcase", name=clean(name), classname=clean(where))


def _failed(each: Annotation, report: Report) -> ET.Element:
    place = f"{each.location.path}:{each.location.line}" if each.location is not None else ""
    case = _case(each.rule, f"{place} {each.message}".strip(), report)
    # A server counts a skipped test as one that is no matter.
    tag = "error" if each.rule == "not-looked-at" else "failure"
    told = ET.SubElement(case, tag, type=each.rule, message=clean(each.message))
    told.text = clean("\n".join([*([place] if place else []), *each.details, f"[{each.fingerprint}]"]))
    return case
