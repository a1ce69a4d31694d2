"""Small OpenAPI documents, made for one comparison."""

from __future__ import annotations

from typing import Any

from pitstop.contract.compare import compare
from pitstop.contract.rules import SUBJECTS

Schema = dict[str, Any] | bool


def document(paths: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A document with these paths."""
    return {"openapi": "3.1.0", "info": {"title": "Shop", "version": "1"}, "paths": paths, **more}


def of(operation: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A document of one operation."""
    return document({"/items": {"post": operation}}, **more)


def answering(answer: dict[str, Any], status: str = "200") -> dict[str, Any]:
    """A document whose operation answers so."""
    return of({"responses": {status: answer}})


def json_of(schema: Schema) -> dict[str, Any]:
    """A body or an answer of this JSON."""
    return {"content": {"application/json": {"schema": schema}}}


def placed(subject: str, schema: Schema, **components: Any) -> dict[str, Any]:
    """A document that has a schema as what `SUBJECTS` calls so; a property is one that need not be there."""
    more = {"components": {"schemas": components}}
    inside: Schema = {"type": "object", "properties": {"it": schema}}
    match subject:
        case "request-parameter":
            return of({"parameters": [{"name": "it", "in": "query", "schema": schema}]}, **more)
        case "request-body":
            return of({"requestBody": json_of(schema)}, **more)
        case "request-property":
            return of({"requestBody": json_of(inside)}, **more)
        case "response-header":
            answer = {"headers": {"it": {"schema": schema}}}
            return of({"responses": {"200": answer}}, **more)
        case "response-body":
            return of({"responses": {"200": json_of(schema)}}, **more)
    assert subject == "response-property"
    return of({"responses": {"200": json_of(inside)}}, **more)


def rules(old: object, new: object) -> set[str]:
    """The rules by which two documents differ."""
    return {change.rule for change in compare(old, new)}


def severities(old: object, new: object) -> dict[str, str]:
    """The rules by which two documents differ, with how bad that is."""
    return {change.rule: change.severity for change in compare(old, new)}


BODIES = tuple(subject for subject in SUBJECTS if not subject.endswith(("-parameter", "-header")))
"""Where any JSON may stand. Parameters and headers are text."""
