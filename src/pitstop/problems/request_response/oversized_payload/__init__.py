"""`oversized-payload`: lists whose items are as full as the answer about a single one."""

from pathlib import Path

from pitstop.data import Option
from pitstop.problems import Problem
from pitstop.problems.request_response.oversized_payload.detector import detect
from pitstop.problems.request_response.oversized_payload.rule import find

PROBLEM = Problem(
    name="oversized-payload",
    domain="request-response",
    title="list whose items carry everything that belongs to them",
    severity="medium",
    fix_class="decide",
    rule=find,
    detector=detect,
    options=(
        Option(
            name="own-schema",
            text="give the list a schema of its own, with what a list shows",
            effect="bytes and work of the list without the nested rows",
            complexity="one schema, and the loader options that go with it",
            compatibility="clients that read the other fields in the list have to ask for the single thing",
        ),
        Option(
            name="include",
            text="let the caller ask for the nested lists (`?include=stops`)",
            effect="the same for all who do not ask",
            complexity="a parameter that decides about loading and schema",
            risk="two kinds of answers to test",
            compatibility="clients that need them have to ask",
        ),
    ),
    folder=Path(__file__).parent,
)
