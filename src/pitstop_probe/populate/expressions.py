"""Reads the conditions of CHECK constraints and partial indexes, as SQLite and PostgreSQL write them, into a small tree.

A node is a tuple that begins with its kind:

    ("column", name)  ("literal", value)  ("compare", operator, left, right)  ("and", parts)  ("or", parts)
    ("not", node)  ("null", node)  ("in", node, options)  ("like", node, pattern, ignores case)
    ("regex", node, pattern, ignores case)  ("call", name, arguments)  ("arithmetic", operator, left, right)
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

Node = tuple[Any, ...]

_TOKEN = re.compile(
    r"""\s*(?:
    (?P<number>\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|\.\d+)
  | (?P<text>[eE]?'(?:[^']|'')*')
  | (?P<quoted>"(?:[^"]|"")*"|`[^`]*`)
  | (?P<word>[A-Za-z_][\w$]*)
  | (?P<sign>::|<=|>=|<>|!=|==|\|\||!~~\*|!~~|~~\*|~~|!~\*|!~|~\*|~|[-+*/%<>=(),.\[\]])
    )""",
    re.VERBOSE,
)
_COMPARISONS = {"=": "=", "==": "=", "<>": "<>", "!=": "<>", "<": "<", ">": ">", "<=": "<=", ">=": ">="}
_CONSTANTS = {"null": None, "true": True, "false": False}
_NOW = {"current_timestamp", "current_date", "localtimestamp"}
_TYPE_WORDS = {"varying", "precision", "without", "with", "time", "zone"}


class UnreadableError(ValueError):
    """The condition is written in a way that is not known here; only the database can judge it."""


def read(text: str) -> Node:
    """The tree of a condition. Raises UnreadableError."""
    reader = _Reader(text)
    node = reader.disjunction()
    if reader.at < len(reader.tokens):
        raise UnreadableError(text)
    return node


def columns(node: Any) -> set[str]:
    """The names of the columns that a tree speaks of, lower case."""
    if not isinstance(node, (tuple, list)):
        return set()
    if len(node) == 2 and node[0] == "column":
        return {node[1]}
    return {name for part in node for name in columns(part)}


class _Reader:
    """Recursive descent over the tokens of one condition."""

    def __init__(self, text: str) -> None:
        self.tokens: list[tuple[str, str]] = []
        self.at = 0
        place = 0
        text = text.strip()
        while place < len(text):
            found = _TOKEN.match(text, place)
            if found is None or found.lastgroup is None:
                raise UnreadableError(text)
            self.tokens.append((found.lastgroup, found.group(found.lastgroup)))
            place = found.end()

    def _peek(self, ahead: int = 0) -> tuple[str, str]:
        place = self.at + ahead
        return self.tokens[place] if place < len(self.tokens) else ("", "")

    def _take(self, *wanted: str) -> str:
        """Take the next token if it is one of these words or signs; "" otherwise."""
        kind, text = self._peek()
        if kind in ("word", "sign") and text.lower() in wanted:
            self.at += 1
            return text.lower()
        return ""

    def _need(self, wanted: str) -> None:
        if not self._take(wanted):
            raise UnreadableError(f"{wanted} was expected")

    def disjunction(self) -> Node:
        parts = [self._conjunction()]
        while self._take("or"):
            parts.append(self._conjunction())
        return parts[0] if len(parts) == 1 else ("or", parts)

    def _conjunction(self) -> Node:
        parts = [self._negation()]
        while self._take("and"):
            parts.append(self._negation())
        return parts[0] if len(parts) == 1 else ("and", parts)

    def _negation(self) -> Node:
        if self._take("not"):
            return ("not", self._negation())
        return self._predicate()

    def _predicate(self) -> Node:
        left = self._sum()
        while True:
            kind, text = self._peek()
            if kind == "sign" and text in _COMPARISONS:
                self.at += 1
                left = self._compared(left, _COMPARISONS[text])
            elif kind == "sign" and "~" in text:
                self.at += 1
                matched: Node = (
                    "like" if "~~" in text else "regex",
                    left,
                    self._sum(),
                    text.endswith("*"),
                )
                left = ("not", matched) if text.startswith("!") else matched
            elif self._take("is"):
                left = self._is(left)
            else:
                negated = bool(self._take("not"))
                if (found := self._worded(left)) is None:
                    if negated:
                        raise UnreadableError("NOT stands where nothing follows that it could negate")
                    return left
                left = ("not", found) if negated else found

    def _compared(self, left: Node, operator: str) -> Node:
        quantity = self._take("any", "all")
        if not quantity:
            return ("compare", operator, left, self._sum())
        self._need("(")
        options = self._sum()
        self._need(")")
        if options[0] != "array" or (quantity, operator) not in {("any", "="), ("all", "<>")}:
            raise UnreadableError("ANY and ALL are read over lists of values only")
        found: Node = ("in", left, options[1])
        return found if quantity == "any" else ("not", found)

    def _is(self, left: Node) -> Node:
        negated = bool(self._take("not"))
        word = self._take("null", "true", "false")
        if word == "null":
            found: Node = ("null", left)
        elif word:
            truth: Node = ("not", ("not", left)) if word == "true" else ("not", left)
            found = ("and", [("not", ("null", left)), truth])
        else:
            raise UnreadableError("IS is read before NULL, TRUE and FALSE only")
        return ("not", found) if negated else found

    def _worded(self, left: Node) -> Node | None:
        word = self._take("in", "between", "like", "ilike", "glob", "regexp")
        if word == "in":
            self._need("(")
            return ("in", left, self._list(")"))
        if word == "between":
            low = self._sum()
            self._need("and")
            return ("and", [("compare", ">=", left, low), ("compare", "<=", left, self._sum())])
        if word in ("like", "ilike"):
            return ("like", left, self._sum(), True if word == "ilike" else None)
        if word == "regexp":
            return ("regex", left, self._sum(), False)
        if word:
            raise UnreadableError(word)
        return None

    def _list(self, end: str) -> list[Node]:
        found: list[Node] = []
        while not self._take(end):
            found.append(self._sum())
            if not self._take(","):
                self._need(end)
                break
        return found

    def _sum(self) -> Node:
        left = self._product()
        while operator := self._take("+", "-", "||"):
            left = ("arithmetic", operator, left, self._product())
        return left

    def _product(self) -> Node:
        left = self._factor()
        while operator := self._take("*", "/", "%"):
            left = ("arithmetic", operator, left, self._factor())
        return left

    def _factor(self) -> Node:
        if self._take("-"):
            inner = self._factor()
            if inner[0] == "literal":
                return ("literal", -inner[1])
            return ("arithmetic", "-", ("literal", 0), inner)
        node = self._atom()
        while self._take("::"):
            node = self._cast(node)
        return node

    def _cast(self, node: Node) -> Node:
        kind, name = self._peek()
        if kind not in ("word", "quoted"):
            raise UnreadableError("a type was expected")
        self.at += 1
        while self._take(*_TYPE_WORDS) or (self._take(".") and self._skip()):
            pass
        if self._take("("):
            self._list(")")
            while self._take(*_TYPE_WORDS):
                pass
        while self._take("["):
            self._need("]")
        whole = name.lower() in ("int", "integer", "int4", "int8", "bigint", "smallint")
        return ("call", "integer", [node]) if whole else node

    def _skip(self) -> bool:
        self.at += 1
        return True

    def _atom(self) -> Node:
        kind, text = self._peek()
        self.at += 1
        if kind == "number":
            return ("literal", int(text) if text.isdigit() else Decimal(text))
        if kind == "text":
            if text[0] in "eE" and "\\" in text:
                raise UnreadableError(text)
            return ("literal", text[text.index("'") + 1 : -1].replace("''", "'"))
        if kind == "quoted":
            return self._dotted(text[1:-1].replace('""', '"'))
        if kind == "sign" and text == "(":
            node = self.disjunction()
            if self._take(","):
                raise UnreadableError("rows of values are not read")
            self._need(")")
            return node
        if kind == "word":
            return self._named(text)
        raise UnreadableError(text)

    def _named(self, text: str) -> Node:
        word = text.lower()
        if word in _CONSTANTS:
            return ("literal", _CONSTANTS[word])
        if word in _NOW:
            return ("call", "now", [])
        if word == "array" and self._take("["):
            return ("array", self._list("]"))
        if word == "cast" and self._take("("):
            inner = self.disjunction()
            self._need("as")
            node = self._cast(inner)
            self._need(")")
            return node
        if word in ("case", "exists", "select", "interval", "extract"):
            raise UnreadableError(word)
        if self._peek() == ("sign", "("):
            self.at += 1
            return ("call", word, self._arguments())
        return self._dotted(text)

    def _arguments(self) -> list[Node]:
        found: list[Node] = []
        while not self._take(")"):
            found.append(self.disjunction())
            if not self._take(","):
                self._need(")")
                break
        return found

    def _dotted(self, name: str) -> Node:
        while self._take("."):
            _, name = self._peek()
            name = name.strip('"`')
            self.at += 1
        return ("column", name.lower())
