"""The OpenAPI documents of the app before and after: what clients were promised.

Whether they differ is seen value by value, so that nothing is missed; what it means is told by the rules of `pitstop.contract`.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Sequence

import msgspec

from pitstop.contract.compare import compare as by_rule
from pitstop.contract.rules import OPERATIONS
from pitstop.promises import ContractChange
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
    written = [_written(run) for run in (before, after, again or before)]
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
        places: list[Difference] = []
        own: list[str] = []
        for path, one, other in _walk(old[app], new[app], ()):
            route = _described(path, one, other, describes)
            if route:
                own.append(route)
            elif path not in noise and not (_is_new_component(path, one, other) and describes):
                places.append(_place(path, one, other, name))
        if not (places or own):  # components come only for the sake of a route that they describe
            new_ones = _walk(old[app], new[app], ())
            places = [_place(*each, name) for each in new_ones if _is_new_component(*each)]
        described += own
        if places:
            one, other, third = (documents.get(app) for documents in written)
            wobbling = by_rule(one, third) if third is not None else ()
            found += _ruled(by_rule(one, other), wobbling, own, name) or places
    return Contract(differences=tuple(found), described=tuple(dict.fromkeys(described)), documents=len(old))


def _place(path: Path, one: Node, other: Node, name: str) -> Difference:
    where, before, after = name + _words(path), _shown(one), _shown(other)
    told = OPERATIONS[rule := "document-changed"]
    change = ContractChange(
        rule=rule,
        severity=told.severity,
        operation="",
        place=where,
        text=told.text.format(what=where),
        before=before,
        after=after,
    )
    return Difference(kind="contract", where=where, before=before, after=after, change=change)


def _ruled(
    changes: Sequence[ContractChange],
    wobbling: Sequence[ContractChange],
    described: Collection[str],
    name: str,
) -> list[Difference]:
    """What changed, by rule, but for what does so by itself and for routes that got the description they were to get."""
    noise = {(each.rule, each.operation, each.place) for each in wobbling}
    return [
        Difference(
            kind="contract",
            where=name + (", ".join(filter(None, (each.operation, each.place)))),
            before=each.before,
            after=each.after,
            change=each,
        )
        for each in changes
        if (each.rule, each.operation, each.place) not in noise
        and not (each.operation in described and each.rule == "response-body-schema-added")
    ]


def _documents(run: Run) -> dict[str, Node]:
    """The document of each app, with the lists in order whose order means nothing."""
    return {app: _sorted(document) for app, document in _written(run).items()}


def _written(run: Run) -> dict[str, Node]:
    """The document of each app. An app that showed several, as with a factory, has them side by side."""
    texts: dict[str, dict[str, Node]] = {}
    for record in run.openapi:
        document = json.loads(bytes(record.document))
        texts.setdefault(record.app, {})[json.dumps(_sorted(document), sort_keys=True)] = document
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


def _is_new_component(path: Path, one: Node, other: Node) -> bool:
    """Whether a schema came among the components; the first one brings their place along."""
    if path == ("components",):
        return one == _ABSENT and isinstance(other, dict) and other.keys() == {"schemas"}
    return one == _ABSENT and path[:2] == ("components", "schemas") and len(path) <= 3


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
