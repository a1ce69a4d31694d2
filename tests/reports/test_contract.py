"""Two documents compared, for people: the worst first, and what one model did to many routes told once."""

from __future__ import annotations

import json

import msgspec

from pitstop.data import ProjectSummary, Report, Tool
from pitstop.promises import ContractChange, ContractComparison
from pitstop.reports import json as json_format
from pitstop.reports.full import render
from pitstop.verdicts import Changed, Difference

GONE = ContractChange(
    rule="operation-removed",
    severity="breaking",
    operation="GET /old",
    place="",
    text="the operation is gone",
)
NULL = ContractChange(
    rule="response-property-became-nullable",
    severity="breaking",
    operation="GET /items",
    place="response 200, application/json: [].price",
    text="`[].price` of the answer 200 may now be null",
    before="a number",
    after="a number or null",
    model="Item: price",
)
WORDS = ContractChange(
    rule="documentation-changed", severity="info", operation="GET /items", place="description", text="it is"
)
NEW = ContractChange(
    rule="operation-added", severity="info", operation="GET /new", place="", text="the operation is new"
)


def report(*changes: ContractChange) -> Report:
    return Report(
        tool=Tool(name="pitstop", version="0"),
        project=ProjectSummary(),
        contract=ContractComparison(before="a.json", after="b.json", changes=changes),
    )


def elsewhere(change: ContractChange, *operations: str) -> list[ContractChange]:
    return [msgspec.structs.replace(change, operation=each) for each in operations]


def test_all_of_it() -> None:
    inner = msgspec.structs.replace(
        NULL, operation="GET /items/{id}", place="response 200, application/json: price"
    )
    more = elsewhere(GONE, "PUT /old")
    assert render(report(GONE, *more, NULL, inner, NEW, *elsewhere(NEW, "PUT /new"), WORDS), width=100) == (
        """\
pitstop 0 · two documents

Contract: a.json → b.json

breaking GET /old: the operation is gone
         rule  operation-removed
         also  PUT /old

breaking GET /items: `[].price` of the answer 200 may now be null
         rule  response-property-became-nullable
         at    response 200, application/json: [].price
         model Item: price
         also  GET /items/{id}, response 200, application/json: price

info     GET /new: the operation is new
         operation-added · and in 1 more place

1 place described in other words

4 breaking · 3 that break nothing
"""
    )


def test_of_many_places_some_are_shown() -> None:
    shown = render(report(GONE, *elsewhere(GONE, *(f"GET /{n}" for n in range(13)))))
    assert "GET /12" in shown
    assert "more in" not in shown
    shown = render(report(GONE, *elsewhere(GONE, *(f"GET /{n}" for n in range(14)))))
    assert "GET /12" not in shown
    assert "… 2 more in --format json" in shown


def test_that_nothing_changed_is_said() -> None:
    assert "Nothing changed for clients" in render(report())


def test_what_is_written_reads_back() -> None:
    text = json_format.render(report(GONE, NULL))
    assert msgspec.json.decode(text, type=Report) == report(GONE, NULL)
    assert json.loads(text)["contract"]["changes"][0]["rule"] == "operation-removed"


def test_a_verdict_tells_of_it_by_rule() -> None:
    where = "GET /items, response 200, application/json: [].price"
    difference = Difference(kind="contract", where=where, before="1", after="2", change=NULL)
    other = Difference(kind="body", where="GET /items", before="1", after="2")
    inner = msgspec.structs.replace(
        difference, where="elsewhere", change=msgspec.structs.replace(NULL, place="elsewhere")
    )
    differences = (difference, inner, other, other)
    verdict = Changed(patch="p", finding="f", problem="x", title="t", reason="r", differences=differences)
    shown = render(msgspec.structs.replace(report(), contract=None, verdicts=(verdict,)), width=200)
    assert f"contract   {where}: {NULL.text} (breaking: {NULL.rule}), and in 1 more place\n" in shown
    assert "elsewhere" not in shown
    assert shown.count("body       GET /items: 1 → 2") == 2
