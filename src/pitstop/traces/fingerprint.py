"""The shape of a statement: its text with everything that differs from call to call taken out."""

from __future__ import annotations

import functools
import re

_STRING = re.compile(r"(?<![\w$])(?:[EeBbXxNn](?='))?'(?:[^'\\]|''|\\.)*'|\$(\w*)\$.*?\$\1\$", re.DOTALL)
_COMMENT = re.compile(r"/\*.*?\*/|--[^\n]*", re.DOTALL)
_NUMBER = re.compile(r"(?<![\w.$\"`:@])-?\b\d+(?:\.\d+)?(?:[eE][+-]?\d+)?\b(?![\w\"`])")
_PLACEHOLDER = re.compile(r"%\(\w+\)s|%s|\$\d+|\?\d+|(?<!:):[A-Za-z_]\w*|@p\d+")
_CAST_OF_PLACEHOLDER = re.compile(
    r"\?::[\w.]+(?:\s+(?:varying|precision|with(?:out)? time zone))?(?:\(\?\))?(?:\[\])?", re.IGNORECASE
)
_LIST = re.compile(r"\(\s*\?(?:\s*,\s*\?)+\s*\)")
_ROWS = re.compile(
    r"(VALUES\s*\((?:[^()]|\([^()]*\))*\))(?:\s*,\s*\((?:[^()]|\([^()]*\))*\))+", re.IGNORECASE
)
_SPACE = re.compile(r"\s+")
_SAVEPOINT = re.compile(
    r"^((?:ROLLBACK\s+(?:WORK\s+|TRANSACTION\s+)?TO(?:\s+SAVEPOINT)?|RELEASE(?:\s+SAVEPOINT)?|SAVEPOINT)\s+)\S+$",
    re.IGNORECASE,
)


def fingerprint(sql: str, dialect: str = "") -> str:
    """The shape of `sql`: values are `?`, lists of values and of rows count as one, spelling and spacing are folded.

    `dialect` is `postgres` or `sqlite`. A statement that cannot be parsed is folded as text.
    """
    collapsed = collapse(sql)
    return _parsed(collapsed, dialect) or collapsed


def collapse(sql: str) -> str:
    """The statement with values replaced as text, without knowing its grammar; cheap, and good to tell texts apart."""
    text = _STRING.sub("?", _COMMENT.sub(" ", sql) if "'" not in sql else sql)
    text = _COMMENT.sub(" ", text)
    text = _PLACEHOLDER.sub("?", text)
    text = _NUMBER.sub("?", text)
    text = _CAST_OF_PLACEHOLDER.sub("?", text)
    text = _SPACE.sub(" ", text).strip().rstrip(";").strip()
    text = _LIST.sub("(?)", text)
    text = _ROWS.sub(r"\1", text)
    return _SAVEPOINT.sub(r"\1?", text)


def values_in(sql: str) -> tuple[str, ...]:
    """The strings and numbers that are written into a statement's text, in order; comments have none."""
    text = _COMMENT.sub(" ", sql) if "'" not in sql else sql
    strings = [found[0] for found in _STRING.finditer(text)]
    without = _PLACEHOLDER.sub("?", _COMMENT.sub(" ", _STRING.sub("?", text)))
    return (*strings, *_NUMBER.findall(without))


_LONGEST = 50_000
"""Characters of a collapsed statement that is parsed: it takes a second for each hundred thousand."""
_PARSED_FIRST = ("SELECT", "INSERT", "UPDATE", "DELETE", "WITH", "MERGE")


@functools.lru_cache(maxsize=10_000)
def _parsed(collapsed: str, dialect: str) -> str:
    if len(collapsed) > _LONGEST or not collapsed.upper().startswith(_PARSED_FIRST):
        return ""
    import sqlglot
    from sqlglot import exp
    from sqlglot.errors import ErrorLevel, SqlglotError

    try:
        tree = sqlglot.parse_one(collapsed, dialect=dialect or None)
    except (SqlglotError, RecursionError):
        return ""

    def plain(node: exp.Expression) -> exp.Expression:
        if isinstance(node, exp.Literal | exp.Boolean | exp.Null) and not isinstance(
            node.parent, exp.Is | exp.Interval
        ):
            return exp.Placeholder()
        return node

    try:
        text: str = tree.transform(plain).sql(
            dialect=dialect or None,
            comments=False,
            normalize_functions="upper",
            unsupported_level=ErrorLevel.IGNORE,
        )
    except (SqlglotError, RecursionError, ValueError):
        return ""
    return text


def dialect_of(sql: str) -> str:
    """The dialect that the placeholders of a statement hint at; "" when there is none."""
    if re.search(r"%\(\w+\)s|%s|\$\d|::\w", sql):
        return "postgres"
    return "sqlite" if re.search(r"[=(,\s]\?(?:[),\s]|$)", sql) else ""
