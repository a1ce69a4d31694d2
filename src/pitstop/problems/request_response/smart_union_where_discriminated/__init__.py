"""`smart-union-where-discriminated`: union of models tried one after the other, although a tag tells them apart."""

from pathlib import Path

from pitstop.problems import Problem
from pitstop.problems.request_response.smart_union_where_discriminated.rule import find

PROBLEM = Problem(
    name="smart-union-where-discriminated",
    domain="request-response",
    title="union of models that are tried one after the other, although a tag tells them apart",
    severity="medium",
    fix_class="decide",
    rule=find,
    folder=Path(__file__).parent,
)
