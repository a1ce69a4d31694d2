"""What an OpenAPI document promises clients otherwise than the one before. Frozen values of which reports are made, see `data`."""

from __future__ import annotations

from typing import Literal

from pitstop.values import Value

ContractSeverity = Literal["breaking", "warning", "info"]
"""`breaking`: a client that keeps to the old document fails, or gets what that does not allow. `warning`: a client may, by how it
was written. `info`: none does."""


class ContractChange(Value, frozen=True, kw_only=True):
    """One thing that an OpenAPI document says otherwise than the one before, by the `rule` of pitstop's that it falls under.

    `operation` is `GET /items/{id}`, as the newer document has it, and empty of what concerns the whole; `place` is where in it,
    e.g. `response 200, application/json: [].price`. `model` is the named schema that holds the place, with the way from it,
    e.g. `Item: price`. `before` and `after` are empty where there is nothing to show.
    """

    rule: str
    severity: ContractSeverity
    operation: str
    place: str
    text: str
    before: str = ""
    after: str = ""
    model: str = ""


class ContractComparison(Value, frozen=True, kw_only=True):
    """Two OpenAPI documents, by their names, and all that changed from one to the other, the worst first."""

    before: str
    after: str
    changes: tuple[ContractChange, ...] = ()
