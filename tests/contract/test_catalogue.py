"""All rules: each is told of some pair, none is told that is not listed, and the page for users lists them."""

from __future__ import annotations

from pathlib import Path

import pytest

from pitstop.contract.rules import ASPECTS, OPERATIONS, SUBJECTS, catalogue

from . import test_operations, test_schemas
from .documents import BODIES, placed, rules

PAGE = (Path(__file__).parents[2] / "docs" / "contract.md").read_text("utf-8")


def test_the_catalogue_is_what_is_told() -> None:
    told: set[str] = set()
    for row in (*test_schemas.PAIRS, *test_schemas.NULLABLE, *test_schemas.OBJECTS, *test_schemas.SAID):
        for subject in SUBJECTS:
            told |= rules(placed(subject, row[1]), placed(subject, row[2]))
    for one_way in test_schemas.ONE_WAY:
        for subject in BODIES:
            told |= rules(placed(subject, one_way[1]), placed(subject, one_way[2]))
    for operation in test_operations.ROWS:
        told |= rules(operation[2], operation[3])
    # which the proof alone tells, and what only two versions of OpenAPI do
    rest = {"document-changed", "request-property-null-named", "response-property-null-named"}
    assert told | rest == set(catalogue())
    assert len(told) > 400


@pytest.mark.parametrize("aspect", ASPECTS.values(), ids=lambda aspect: str(aspect.name))
def test_an_aspect_is_on_the_page(aspect: object) -> None:
    assert f"| `{aspect.name}` | {aspect.into.severity} | {aspect.out.severity} |" in PAGE  # type: ignore[attr-defined] # an Aspect


@pytest.mark.parametrize("rule", OPERATIONS)
def test_a_rule_of_operations_is_on_the_page(rule: str) -> None:
    assert f"| `{rule}` | {OPERATIONS[rule].severity} |" in PAGE
