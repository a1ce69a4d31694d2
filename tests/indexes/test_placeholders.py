from __future__ import annotations

import pytest

from pitstop.indexes.asked import Parameters, ParameterStyle
from pitstop.indexes.placeholders import UnboundError, bind, called


@pytest.mark.parametrize(
    ("sql", "style", "parameters", "text", "values"),
    [
        ("a = ? AND b = ?", "qmark", (1, 2), "a = $1 AND b = $2", (1, 2)),
        ("a = ?2 AND b = ?1 AND c = ?2", "qmark", (1, 2), "a = $1 AND b = $2 AND c = $1", (2, 1)),
        ("a = '?' AND \"?\" = ? -- ?\n AND c = ?", "qmark", (1, 2), "a = '?' AND \"?\" = $1 -- ?\n AND c = $2", (1, 2)),
        ("a = $2 AND b = $$ $1 $$ AND c = $1", "numeric_dollar", (1, 2), "a = $1 AND b = $$ $1 $$ AND c = $2", (2, 1)),
        ("a IN ($1,$2)", "numeric_dollar", (5, 6), "a IN ($1,$2)", (5, 6)),
        ("a = %s AND b LIKE 'x%%' AND c %% 2 = %s", "format", (1, 2), "a = $1 AND b LIKE 'x%' AND c % 2 = $2", (1, 2)),
        ("a = %(x)s AND b = %(y)s AND c = %(x)s", "pyformat", {"x": 1, "y": 2}, "a = $1 AND b = $2 AND c = $1", (1, 2)),
        ("a = :x AND b::text = :y AND c = 'z:x'", "named", {"x": 1, "y": 2}, "a = $1 AND b::text = $2 AND c = 'z:x'", (1, 2)),
        ("a = :1 AND b::int = :2", "numeric", (1, 2), "a = $1 AND b::int = $2", (1, 2)),
        ("a = E'it\\'s ?' AND b = ?", "qmark", (1,), "a = E'it\\'s ?' AND b = $1", (1,)),
        ("a = 'it''s ?' AND b = ? /* ? */", "qmark", (1,), "a = 'it''s ?' AND b = $1 /* ? */", (1,)),
    ],
)  # fmt: skip
def test_placeholders_of_each_style(
    sql: str, style: ParameterStyle, parameters: Parameters, text: str, values: tuple[object, ...]
) -> None:
    bound = bind(sql, style)
    assert bound.text(lambda n: f"${n}") == text
    assert bound.values(parameters) == values


@pytest.mark.parametrize(
    ("sql", "style", "parameters"),
    [
        ("a = ?", "qmark", ()),
        ("a = :x", "named", {"y": 1}),
        ("a = :x", "named", (1,)),
        ("a = %s", "format", {"a": 1}),
    ],
)
def test_values_that_are_missing(sql: str, style: ParameterStyle, parameters: Parameters) -> None:
    with pytest.raises(UnboundError):
        bind(sql, style).values(parameters)


def test_what_is_called() -> None:
    sql = """SELECT lower(a), "pg_Sleep" (5), pg_catalog.nextval('x(') FROM t WHERE b IN (1) -- gone()
    AND c = $$ hidden() $$"""
    assert called(sql) == {"lower", "pg_sleep", "nextval", "in"}
