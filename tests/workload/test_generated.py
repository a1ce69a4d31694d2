"""The document that requests are made from."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest

from pitstop.errors import TargetError
from pitstop.target.model import Interpreter, Target
from pitstop.traces.records import OpenAPI, Run
from pitstop.workload.generated import _document

TARGET = Target(root=Path("/"), interpreter=Interpreter(path=Path(sys.executable), version=(3, 11, 0)))


def raw(paths: dict[str, Any], schemas: dict[str, Any] | None = None) -> msgspec.Raw:
    return msgspec.Raw(json.dumps({"paths": paths, "components": {"schemas": schemas or {}}}).encode())


def body(name: str) -> dict[str, Any]:
    return {"post": {"requestBody": {"content": {"x": {"schema": {"$ref": f"#/components/schemas/{name}"}}}}}}


def test_routes_of_mounted_apps_are_among_those_of_the_app() -> None:
    outer = raw({"/a": body("Item")}, {"Item": {"title": "outer"}})
    inner = raw(
        {"/b": body("Item")}, {"Item": {"title": "inner"}, "Other": {"$ref": "#/components/schemas/Item"}}
    )
    document = _document(Run(openapi=(OpenAPI(document=outer, mounted=(("/api", inner),)),)), TARGET)
    assert document["paths"] == {"/a": body("Item"), "/api/b": body("mounted0_Item")}
    assert document["components"]["schemas"] == {
        "Item": {"title": "outer"},
        "mounted0_Item": {"title": "inner"},
        "mounted0_Other": {"$ref": "#/components/schemas/mounted0_Item"},
    }


def test_an_app_that_only_has_mounted_ones_has_their_routes() -> None:
    run = Run(openapi=(OpenAPI(document=msgspec.Raw(b"{}"), mounted=(("/api", raw({"/b": {"get": {}}})),)),))
    assert set(_document(run, TARGET)["paths"]) == {"/api/b"}
    with pytest.raises(TargetError, match="names no route"):
        _document(Run(openapi=(OpenAPI(document=msgspec.Raw(b"{}")),)), TARGET)


def test_what_stands_in_a_path_and_no_handler_takes_is_declared() -> None:
    def named(name: str) -> dict[str, Any]:
        return {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}

    paths = {
        "/{team}/users/{id}": {"get": {"parameters": [named("id")]}},
        "/{file:path}": {"parameters": [named("file")], "get": {}},
        "/{shared}": {"get": {"parameters": [{"$ref": "#/components/parameters/shared"}]}},
    }
    made = _document(Run(openapi=(OpenAPI(document=raw(paths)),)), TARGET)["paths"]
    assert made == {**paths, "/{team}/users/{id}": {"get": {"parameters": [named("id"), named("team")]}}}
