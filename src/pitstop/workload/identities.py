"""The OpenAPI document with ids of rows that are there, so that requests made from it find what they ask for.

A parameter is matched to a table by the path before it and by its own name: `{user_id}`, or `/users/{id}`, is the `id` of
`users`. Where one table has all that a path names, all come from the same of its rows.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping, Sequence
from typing import Any

from pitstop.target.keys import Keys, Value

_SHOWN = 6
"""Ids of a table that requests choose among; those that delete choose among others, so that these stay."""
_METHODS = ("get", "put", "post", "patch", "delete", "head")
_KEYS = frozenset({"id", "pk", "uuid", "guid", "slug", "key", "code", "uid", "ref", "number"})
_SUFFIXES = frozenset({"data", "detail", "entry", "info", "list", "model", "record", "row", "table"})
_PARAMETER = re.compile(r"\{([^}:]+)[^}]*\}")
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")

_Matched = tuple[Keys, str]


def with_identities(document: Mapping[str, Any], tables: Sequence[Keys]) -> dict[str, Any]:
    """The document with the values that path parameters may have.

    So have properties of bodies and parameters of queries that name another table's row (`user_id`). What the document
    says of its own values is left.
    """
    made = copy.deepcopy(dict(document))
    known = [(table, _held(table.table)) for table in tables]
    for path, operations in made.get("paths", {}).items():
        if not isinstance(operations, dict):
            continue
        for method in _METHODS:
            operation = operations.get(method)
            if isinstance(operation, dict):
                said = [*operations.get("parameters", ()), *operation.get("parameters", ())]
                _operation(path, method, [_followed(made, each) for each in said], known)
    for schema in made.get("components", {}).get("schemas", {}).values():
        _properties(schema, known)
    return made


def _operation(
    path: str,
    method: str,
    parameters: Sequence[dict[str, Any]],
    known: Sequence[tuple[Keys, tuple[str, ...]]],
) -> None:
    named = {str(each.get("name")): each for each in parameters if each.get("in") == "path"}
    matched: dict[str, _Matched] = {}
    before: list[str] = []
    for segment in path.split("/"):
        found = _PARAMETER.fullmatch(segment)
        if found is None:
            before.append(segment)
        elif (match := _match(found.group(1), before, known)) is not None:
            matched[found.group(1)] = match
    rows = _rows(matched, list(named), deletes=method == "delete")
    for name, parameter in named.items():
        _set(parameter, "schema", [row[name] for row in rows if name in row])
    for each in parameters:
        name = str(each.get("name"))
        if each.get("in") == "query" and (reference := _reference(name, known)) is not None:
            _set(each, "schema", _values(*reference))


def _match(
    name: str, before: Sequence[str], known: Sequence[tuple[Keys, tuple[str, ...]]]
) -> _Matched | None:
    """The table and column whose values a parameter of a path has; `before` are the words that lead to it."""
    *rest, last = _words(name) or [""]
    nearest = [_entity(segment) for segment in before[::-1] if segment]
    ranked: list[tuple[int, int, Keys, str]] = []
    for place, (table, entity) in enumerate(known):
        near = next((step for step, words in enumerate(nearest[:2]) if _named(words, entity)), None)
        of_name = _named(tuple(rest), entity) if rest else False
        for column in dict.fromkeys([*table.own, *table.rows[0]]):
            words = _words(column)
            if column not in table.own and (words != [*rest, last] or near is None):
                score = 0
            elif words == [*rest, last]:
                score = 5 if near == 0 else 3 if near is not None else 2 if len(words) > 1 else 0
            elif words == [last] and of_name:
                score = 4
            elif near == 0 and last in {*_KEYS, "name"} and (of_name or not rest) and column == table.own[0]:
                score = 1
            else:
                score = 0
            exact = entity in nearest or entity == tuple(rest)
            if score:
                ranked.append((2 * score + exact, -place, table, column))
    if not ranked:
        return None
    _, _, table, column = max(ranked, key=lambda each: each[:2])
    return table, column


def _rows(matched: Mapping[str, _Matched], names: Sequence[str], *, deletes: bool) -> list[dict[str, Value]]:
    """Values for the parameters, by name: of one row where one table has them all, else each of those that there are."""
    if not matched:
        return []
    owner, _ = list(matched.values())[-1]
    columns = {
        name: next(
            (
                column
                for column in owner.rows[0]
                if column == name or (name in matched and matched[name] == (owner, column))
            ),
            None,
        )
        for name in names
    }
    if len(names) > 1 and all(columns.values()):
        row = owner.rows[-1 if deletes else 0]
        return [{name: row[column] for name, column in columns.items() if column in row}]
    return [{name: value} for name, match in matched.items() for value in _values(*match, deletes=deletes)]


def _values(table: Keys, column: str, *, deletes: bool = False) -> list[Value]:
    found = list(dict.fromkeys(row[column] for row in table.rows if column in row))
    return found[_SHOWN:][:_SHOWN] or found if deletes else found[:_SHOWN]


def _properties(schema: Any, known: Sequence[tuple[Keys, tuple[str, ...]]]) -> None:
    properties: Any = schema.get("properties") if isinstance(schema, dict) else None
    for name, value in list(properties.items()) if isinstance(properties, dict) else ():
        reference = _reference(name, known) if isinstance(value, dict) else None
        if reference is not None:
            _set(properties, name, _values(*reference))


def _reference(name: str, known: Sequence[tuple[Keys, tuple[str, ...]]]) -> _Matched | None:
    """The column that a name refers to as a foreign key does: `user_id` to the key of `users`, and of no other table."""
    *rest, last = _words(name) or [""]
    if last not in _KEYS or not rest:
        return None
    exact = [table for table, entity in known if entity == tuple(rest)]
    column = (
        next((each for each in exact[0].own if _words(each) == [last]), None) if len(exact) == 1 else None
    )
    return (exact[0], column) if column is not None else None


def _set(owner: dict[str, Any], key: str, values: Sequence[Value]) -> None:
    """Put the values into the schema at `key`, as far as they are of its type."""
    schema = owner.get(key)
    kind = _kind(schema)
    if kind == "integer":
        values = [int(value) for value in values if str(value).isdecimal()]
    else:
        values = [str(value) for value in values]
    if kind is not None and values:
        owner[key] = {"type": kind, "enum": values}


def _kind(schema: Any) -> str | None:
    """What a value of the schema is, `integer` or `string`; None where it is neither or its values are said."""
    if not isinstance(schema, dict) or {"enum", "const", "$ref"} & set(schema):
        return None
    kinds = [schema.get("type"), *(_kind(each) for each in schema.get("anyOf", ()))]
    return next((kind for kind in ("integer", "string") if kind in kinds), None)


def _followed(document: Mapping[str, Any], value: dict[str, Any]) -> dict[str, Any]:
    """A parameter, or the one among the components that it names."""
    name = str(value.get("$ref", "")).rpartition("/")[2]
    found: dict[str, Any] = document.get("components", {}).get("parameters", {}).get(name, value)
    return found


def _named(words: tuple[str, ...], entity: tuple[str, ...]) -> bool:
    """Whether words name what a table holds: all of its name, or what a longer one ends in (`user` of `app_user`)."""
    return bool(words) and entity[-len(words) :] == words


def _entity(text: str) -> tuple[str, ...]:
    """The words of a name, the last in the singular, so that `order-items`, `OrderItem` and `order_items` are one."""
    words = _words(text)
    return (*words[:-1], _singular(words[-1])) if words else ()


def _held(table: str) -> tuple[str, ...]:
    """The words for what a table holds, without those that only say that it is one."""
    words = _entity(table)
    return words[:-1] if len(words) > 1 and words[-1] in _SUFFIXES else words


def _singular(word: str) -> str:
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("sses", "xes", "ches", "shes", "buses", "nuses", "puses", "ruses", "tuses")):
        return word[:-2]
    return word[:-1] if word.endswith("s") and not word.endswith(("ss", "us", "is")) else word


def _words(text: str) -> list[str]:
    return [each.lower() for each in _WORDS.findall(text)]
