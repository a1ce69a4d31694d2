"""An OpenAPI 3 document: its operations, and what its references mean. Nothing in it is taken for granted; what is no schema says nothing."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import unquote

import msgspec

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
_PARAMETER = re.compile(r"\{([^}]*)\}")
_DEEPEST = 20
"""References that lead to references, at most: some lead in a circle."""


def as_dict(node: object) -> dict[str, Any]:
    """The object that should be there, or an empty one."""
    return node if isinstance(node, dict) else {}


def as_list(node: object) -> list[Any]:
    """The list that should be there, or an empty one."""
    return node if isinstance(node, list) else []


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """One operation. `parameters` are by place and name: `("path", "0")` for the first one of the path, whatever its name."""

    method: str
    path: str
    node: dict[str, Any]
    parameters: dict[tuple[str, str], dict[str, Any]]

    @property
    def title(self) -> str:
        return f"{self.method.upper()} {self.path}"

    @property
    def shape(self) -> tuple[str, str]:
        """What requests see of it: method and path, without the names of parameters."""
        return self.method, _PARAMETER.sub("{}", self.path)


class Document:
    """One document, read leniently."""

    def __init__(self, node: object) -> None:
        self.node = as_dict(node)
        self._resolved: dict[str, object] = {}

    @property
    def version(self) -> str:
        """The version of OpenAPI that it is written in."""
        return str(self.node.get("openapi", ""))

    def target(self, ref: str) -> object:
        """What a reference within the document leads to, or None."""
        if ref not in self._resolved:
            self._resolved[ref] = self._find(ref)
        return self._resolved[ref]

    def _find(self, ref: str) -> object:
        if not ref.startswith("#/"):
            return None
        node: object = self.node
        for part in ref[2:].split("/"):
            name = unquote(part).replace("~1", "/").replace("~0", "~")
            if isinstance(node, dict):
                node = node.get(name)
            elif isinstance(node, list) and name.isdecimal() and int(name) < len(node):
                node = node[int(name)]
            else:
                return None
        return node

    def resolved(self, node: object) -> dict[str, Any]:
        """A parameter, body, response, header or scheme, where it stands or where its reference leads."""
        for _ in range(_DEEPEST):
            ref = as_dict(node).get("$ref")
            if not isinstance(ref, str):
                break
            node = self.target(ref)
        return as_dict(node)

    def operations(self) -> list[Operation]:
        """Those of its paths."""
        return list(self.operations_of(as_dict(self.node.get("paths"))))

    def operations_of(self, paths: Mapping[str, Any]) -> Iterator[Operation]:
        """Those of items by path; of webhooks the path is a name, of callbacks an expression."""
        for path, item in paths.items():
            found = self.resolved(item)
            for method in METHODS:
                if isinstance(found.get(method), dict):
                    node = found[method]
                    given = [*as_list(found.get("parameters")), *as_list(node.get("parameters"))]
                    parameters = self._parameters(given, path)
                    yield Operation(method=method, path=path, node=node, parameters=parameters)

    def _parameters(self, given: Iterable[object], path: str) -> dict[tuple[str, str], dict[str, Any]]:
        positions = {name: str(number) for number, name in enumerate(_PARAMETER.findall(path))}
        found: dict[tuple[str, str], dict[str, Any]] = {}
        for each in map(self.resolved, given):
            place, name = str(each.get("in", "")), str(each.get("name", ""))
            if place == "path" and name not in positions:
                continue  # described, and nowhere in the path
            key = positions[name] if place == "path" else name.lower() if place == "header" else name
            found[place, key] = each
        return found

    def schemas(self) -> dict[str, Any]:
        """Its named schemas."""
        return as_dict(as_dict(self.node.get("components")).get("schemas"))


def references(node: object) -> Iterator[str]:
    """Every reference that stands in a part of a document."""
    if isinstance(node, dict):
        ref = node.get("$ref")
        if isinstance(ref, str):
            yield ref
        for each in node.values():
            if isinstance(each, dict | list):
                yield from references(each)
    elif isinstance(node, list):
        for each in node:
            if isinstance(each, dict | list):
                yield from references(each)


def changed_references(old: Document, new: Document) -> frozenset[str]:
    """The references to named schemas that do not mean the same in both documents, be it through others."""
    one, other = old.schemas(), new.schemas()
    changed = {name for name in one.keys() | other.keys() if not same_json(one.get(name), other.get(name))}
    used: dict[str, set[str]] = {}
    for name in one.keys() & other.keys():
        for ref in references(one[name]):
            used.setdefault(ref, set()).add(name)
    waiting = [f"#/components/schemas/{name}" for name in changed]
    found = set(waiting)
    while waiting:
        for name in used.get(waiting.pop(), ()):
            ref = f"#/components/schemas/{name}"
            if ref not in found:
                found.add(ref)
                waiting.append(ref)
    return frozenset(found)


def same_json(one: object, other: object) -> bool:
    """Whether two values are one in JSON, where `true` is not 1."""
    return one == other and (type(one) is type(other)) and text_of(one) == text_of(other)


def text_of(value: object) -> str:
    """JSON in which the order of keys means nothing."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False)


def matched(
    old: Sequence[Operation], new: Sequence[Operation]
) -> tuple[list[tuple[Operation, Operation]], list[Operation], list[Operation]]:
    """Operations that are the same to a request, those that went and those that came.

    First by method and path, then whatever the parameters of the path are called, then whether or not it ends in a slash.
    """
    pairs: list[tuple[Operation, Operation]] = []
    left, right = list(old), list(new)
    for key in _KEYS:
        there = {key(each): each for each in reversed(right)}
        found = [(each, there.pop(key(each))) for each in left if key(each) in there]
        pairs += found
        gone = {id(each) for pair in found for each in pair}
        left = [each for each in left if id(each) not in gone]
        right = [each for each in right if id(each) not in gone]
    order = {id(each): number for number, each in enumerate(old)}
    return sorted(pairs, key=lambda pair: order[id(pair[0])]), left, right


_KEYS: tuple[Callable[[Operation], tuple[str, str]], ...] = (
    lambda each: (each.method, each.path),
    lambda each: each.shape,
    lambda each: (each.method, each.shape[1].rstrip("/")),
)
