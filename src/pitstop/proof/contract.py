"""The OpenAPI documents of the app before and after: what clients were promised."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence

import msgspec

from pitstop.proof.document import clip
from pitstop.traces.records import Run
from pitstop.verdicts import Difference

Node = dict[str, "Node"] | list["Node"] | str | float | bool | None
Path = tuple[str, ...]

_METHODS = frozenset({"get", "put", "post", "delete", "options", "head", "patch", "trace"})
_SETS = frozenset({"required", "enum", "security"})
"""Lists whose order means nothing in OpenAPI 3.1; `parameters` is the fourth, told apart by name and place."""
_ABSENT = "(not there)"


class Contract(msgspec.Struct, frozen=True, kw_only=True):
    """What changed in the documents. `described` are the routes whose answer got the description it was to get.

    `documents` says how many were compared; none means that nothing is known of the contract.
    """

    differences: tuple[Difference, ...] = ()
    described: tuple[str, ...] = ()
    documents: int = 0


def compare(before: Run, after: Run, describes: Collection[str] = (), again: Run | None = None) -> Contract:
    """Compare the documents of all apps of two runs.

    Any difference counts but one: a route of `describes` may go from an undescribed success response (`{}`) to a
    described one, with components added for it. What differs between `before` and `again`, the unchanged app, is ignored.
    """
    old, new = _documents(before), _documents(after)
    repeated = _documents(again) if again else old
    found: list[Difference] = []
    described: list[str] = []
    for app in sorted(old.keys() | new.keys()):
        name = f"{app}: " if len(old) > 1 else ""
        if app not in old or app not in new:
            texts = [_ABSENT if app not in each else "a document" for each in (old, new)]
            found.append(
                Difference(
                    kind="contract",
                    where=f"OpenAPI document of {app or 'the app'}",
                    before=texts[0],
                    after=texts[1],
                )
            )
            continue
        noise = {path for path, *_ in _walk(old[app], repeated.get(app, old[app]), ())}
        for path, one, other in _walk(old[app], new[app], ()):
            route = _described(path, one, other, describes)
            if route:
                described.append(route)
            elif path not in noise and not (_is_new_component(path, one) and describes):
                found.append(
                    Difference(
                        kind="contract", where=name + _words(path), before=_shown(one), after=_shown(other)
                    )
                )
    if not described:
        return Contract(differences=(*found, *_unwanted(old, new, found)), documents=len(old))
    return Contract(differences=tuple(found), described=tuple(dict.fromkeys(described)), documents=len(old))


def _unwanted(
    old: Mapping[str, Node], new: Mapping[str, Node], found: Sequence[Difference]
) -> Iterator[Difference]:
    """Components that came without any route that they describe: allowed only for the sake of one."""
    if found:
        return
    for app in old.keys() & new.keys():
        for path, one, other in _walk(old[app], new[app], ()):
            if _is_new_component(path, one):
                yield Difference(kind="contract", where=_words(path), before=_shown(one), after=_shown(other))


def _documents(run: Run) -> dict[str, Node]:
    """The document of each app. An app that showed several, as with a factory, has them side by side."""
    texts: dict[str, dict[str, Node]] = {}
    for record in run.openapi:
        document = _sorted(json.loads(bytes(record.document)))
        texts.setdefault(record.app, {})[json.dumps(document, sort_keys=True)] = document
    found: dict[str, Node] = {}
    for app, by_text in texts.items():
        for number, text in enumerate(sorted(by_text), 1):
            found[app if len(by_text) == 1 else f"{app}#{number}"] = by_text[text]
    return found


def _sorted(node: Node, name: str = "") -> Node:
    """The document with the lists in order whose order means nothing."""
    if isinstance(node, dict):
        # the properties of a schema may be called `required`; those hold objects, never lists
        return {key: _sorted(each, key) for key, each in node.items()}
    if isinstance(node, list):
        inner = [_sorted(each) for each in node]
        if name in _SETS:
            return sorted(inner, key=lambda each: json.dumps(each, sort_keys=True))
        if name == "parameters" and all(isinstance(each, dict) for each in inner):
            return {_parameter(each): each for each in inner}
        return inner
    return node


def _parameter(node: Node) -> str:
    assert isinstance(node, dict)
    return f"{node.get('in', '')} parameter {node.get('name') or node.get('$ref') or ''}"


def _walk(one: Node, other: Node, path: Path) -> Iterator[tuple[Path, Node, Node]]:
    """The places where two documents differ. A place that only one has is given with that place's last name."""
    if path[-1:] == ("schema",) and _is_undescribed(one) and one != other:
        yield path, one, other
    elif isinstance(one, dict) and isinstance(other, dict):
        for key in sorted(one.keys() | other.keys()):
            if key in one and key in other:
                yield from _walk(one[key], other[key], (*path, key))
            else:
                yield (*path, key), one.get(key, _ABSENT), other.get(key, _ABSENT)
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for index, (left, right) in enumerate(zip(one, other, strict=True)):
            yield from _walk(left, right, (*path, str(index)))
    elif type(one) is not type(other) or one != other:
        yield path, one, other


def _described(path: Path, one: Node, other: Node, describes: Collection[str]) -> str:
    """The route of `describes` whose success response this place newly describes, or nothing."""
    match path:
        case ("paths", template, method, "responses", status, "content", _, "schema"):
            route = f"{method.upper()} {template}"
            if route in describes and status.startswith("2") and _is_undescribed(one) and other != _ABSENT:
                return route
    return ""


def _is_undescribed(schema: Node) -> bool:
    return isinstance(schema, dict) and schema.keys() <= {"title"}


def _is_new_component(path: Path, one: Node) -> bool:
    return len(path) == 3 and path[:2] == ("components", "schemas") and one == _ABSENT


def _words(path: Path) -> str:
    """A place in words: `GET /items, response 200, application/json: schema type`."""
    match path:
        case ("paths", template, method, *rest) if method in _METHODS:
            return _operation(f"{method.upper()} {template}", rest)
        case ("paths", template, *rest):
            return ", ".join((f"path {template}", *rest))
        case ("components", kind, name, *rest):
            noun = {"schemas": "schema", "securitySchemes": "security scheme"}.get(kind, kind)
            return " ".join((f"{noun} {name}", *rest)) if not rest else f"{noun} {name}: {' '.join(rest)}"
    return "OpenAPI document: " + " ".join(path) if path else "OpenAPI document"


def _operation(route: str, rest: Sequence[str]) -> str:
    match rest:
        case ("responses", status, "content", media, *below):
            words = f"{route}, response {status}, {media}"
        case ("responses", status, *below):
            words = f"{route}, response {status}"
        case ("requestBody", "content", media, *below):
            words = f"{route}, request body, {media}"
        case ("parameters", parameter, *below):
            words = f"{route}, {parameter}"
        case _:
            words, below = route, list(rest)
    return f"{words}: {' '.join(below)}" if below else words


def _shown(node: Node) -> str:
    return _ABSENT if node == _ABSENT else clip(json.dumps(node, ensure_ascii=False))
