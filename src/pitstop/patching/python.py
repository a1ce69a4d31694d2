"""One Python text as something that can be edited: positions, nodes, indentation, style.

Everything is based on `ast`, whose columns are UTF-8 byte offsets; findings count characters (see data.Location). A
`Source` knows both. Every helper of this room that edits a Source hands its edits to `Source.checked`, which applies them to
a copy, compiles it, and compares its tree with the one that was intended: an edit that does anything else is refused.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
import tomllib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Protocol, TypeVar

from pitstop.data import Location
from pitstop.errors import PatchError
from pitstop.patching.edits import Edit, apply_edits

Function = ast.FunctionDef | ast.AsyncFunctionDef
Scope = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef | ast.Module
Positioned = ast.expr | ast.stmt | ast.excepthandler | ast.arg | ast.keyword | ast.alias | ast.pattern

_NEWLINE = re.compile(rb"\r\n|\r|\n")
_BOM = "\ufeff"
_DEFAULT_LINE_LENGTH = 88
_N = TypeVar("_N", bound=ast.AST)
_P = TypeVar("_P", bound=Positioned)


class Finder(Protocol):
    """Finds the twin of a node in another tree of the same text."""

    def __call__(self, node: _N, /) -> _N: ...


class Source:
    """A Python file's text with its tree. Raises PatchError if it does not parse.

    `line_length` is the formatter's, in characters; see `line_length()`.
    """

    def __init__(self, path: str, text: str, line_length: int = _DEFAULT_LINE_LENGTH) -> None:
        self.path = path
        self.text = text
        self.line_length = line_length
        self.data = text.encode()
        self._bom = 3 if text.startswith(_BOM) else 0
        self._starts = [self._bom, *(m.end() for m in _NEWLINE.finditer(self.data))]
        try:
            self.tree = ast.parse(text.removeprefix(_BOM))
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            where = f"{path}:{error.lineno}" if isinstance(error, SyntaxError) else path
            raise PatchError(f"{where} does not parse: {error}") from error

    # --- positions ---------------------------------------------------------------------------------------------------

    def _offset(self, line: int, byte_column: int) -> int:
        return self._starts[line - 1] + byte_column

    def offset(self, line: int, column: int) -> int:
        """The byte offset of a place given as findings give it: both from 1, the column in characters."""
        if not 1 <= line <= len(self._starts):
            raise PatchError(f"{self.path} has no line {line}")
        characters = self.line(line).decode()
        if not 1 <= column <= len(characters) + 1:
            raise PatchError(f"{self.path}:{line} has no column {column}")
        return self._offset(line, len(characters[: column - 1].encode()))

    def line(self, number: int) -> bytes:
        """The bytes of a line (from 1) without its end and without a byte-order mark."""
        start = self._starts[number - 1]
        end = self._starts[number] if number < len(self._starts) else len(self.data)
        return self.data[start:end].rstrip(b"\r\n")

    def line_of(self, offset: int) -> int:
        """The number (from 1) of the line that holds this byte."""
        low, high = 0, len(self._starts)
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if self._starts[middle] <= offset else (low, middle)
        return low + 1

    def line_start(self, number: int) -> int:
        """The offset of a line's first byte; the end of the text for the line after the last."""
        return self._starts[number - 1] if number <= len(self._starts) else len(self.data)

    def start(self, node: Positioned) -> int:
        """Where a node begins; decorators count as part of a definition."""
        if isinstance(node, Function | ast.ClassDef) and node.decorator_list:
            return self.data.rfind(b"@", 0, self.own_start(node.decorator_list[0]))
        return self.own_start(node)

    def own_start(self, node: Positioned) -> int:
        """Where a node begins, a definition below its decorators."""
        return self._offset(node.lineno, node.col_offset)

    def end(self, node: Positioned) -> int:
        """Where a node ends."""
        if node.end_lineno is None or node.end_col_offset is None:
            raise PatchError(f"{self.path}:{node.lineno}: a node without an end")
        return self._offset(node.end_lineno, node.end_col_offset)

    def segment(self, node: Positioned) -> str:
        """The text of a node, without parentheses around it."""
        return self.data[self.start(node) : self.end(node)].decode()

    def location(self, node: Positioned, symbol: str = "") -> Location:
        """Where a node is, in the way of findings."""
        spots = []
        for offset in (self.start(node), self.end(node)):
            line = self.line_of(offset)
            spots.append((line, len(self.data[self.line_start(line) : offset].decode()) + 1))
        (line, column), (end_line, end_column) = spots
        return Location(
            path=self.path,
            line=line,
            column=column,
            end_line=end_line,
            end_column=end_column,
            symbol=symbol,
        )

    # --- nodes -------------------------------------------------------------------------------------------------------

    @cached_property
    def _parents(self) -> dict[ast.AST, ast.AST]:
        return {child: node for node in ast.walk(self.tree) for child in ast.iter_child_nodes(node)}

    def parents(self, node: ast.AST) -> Iterator[ast.AST]:
        """The nodes around a node, innermost first."""
        while node in self._parents:
            node = self._parents[node]
            yield node

    def find(self, kind: type[_P] | tuple[type[_P], ...], line: int, column: int) -> _P:
        """The smallest node of a kind that covers a place given as findings give it. Raises PatchError."""
        offset = self.offset(line, column)
        best: tuple[int, _P] | None = None
        for node in ast.walk(self.tree):
            if not isinstance(node, kind):
                continue
            start, end = self.start(node), self.end(node)
            if start <= offset < end or start == offset == end:
                best = (end - start, node) if best is None or end - start <= best[0] else best
        if best is None:
            names = " or ".join(k.__name__ for k in (kind if isinstance(kind, tuple) else (kind,)))
            raise PatchError(f"{self.path}:{line}:{column}: no {names} is here any more")
        return best[1]

    def function(self, line: int, column: int) -> Function:
        """The innermost function that covers a place."""
        found = self.find((ast.FunctionDef, ast.AsyncFunctionDef), line, column)
        assert isinstance(found, Function)
        return found

    def statement(self, node: ast.AST) -> ast.stmt:
        """The smallest statement that holds a node: the node itself if it is one."""
        for each in (node, *self.parents(node)):
            if isinstance(each, ast.stmt):
                return each
        raise PatchError(f"{self.path}: a node that is in no statement")

    def scopes(self, node: ast.AST) -> tuple[Scope, ...]:
        """The functions, classes and module around a node, innermost first."""
        return tuple(each for each in self.parents(node) if isinstance(each, Scope))

    def block(self, statement: ast.stmt) -> tuple[list[ast.stmt], int]:
        """The list of statements that holds a statement, and its place there."""
        parent = next(self.parents(statement))
        for _, value in ast.iter_fields(parent):
            if isinstance(value, list) and any(each is statement for each in value):
                return value, next(n for n, each in enumerate(value) if each is statement)
        raise PatchError(f"{self.path}:{statement.lineno}: a statement that is in no block")

    def indentation(self, statement: ast.stmt) -> str:
        """The white space before the line that a statement begins on."""
        text = self.line(self.line_of(self.start(statement))).decode()
        return text[: len(text) - len(text.lstrip(" \t\f"))]

    def begins_line(self, node: Positioned) -> bool:
        """Whether nothing but white space stands before a node on its line."""
        start = self.start(node)
        return not self.data[self.line_start(self.line_of(start)) : start].strip()

    # --- style -------------------------------------------------------------------------------------------------------

    @cached_property
    def tokens(self) -> Sequence[tokenize.TokenInfo]:
        """The tokens. Use `token_start` for their offsets: a token's own columns count characters."""
        try:
            readline = io.StringIO(self.text.removeprefix(_BOM), newline="").readline
            return list(tokenize.generate_tokens(readline))
        except (tokenize.TokenError, SyntaxError) as error:
            raise PatchError(f"{self.path} cannot be split into tokens: {error}") from error

    def token_start(self, token: tokenize.TokenInfo) -> int:
        """The byte offset of a token."""
        return self._token_offset(*token.start)

    def token_end(self, token: tokenize.TokenInfo) -> int:
        """The byte offset just after a token."""
        return self._token_offset(*token.end)

    def _token_offset(self, line: int, column: int) -> int:
        if line > len(self._starts):
            return len(self.data)
        return self._offset(line, len(self.line_text(line)[:column].encode()))

    def line_text(self, number: int) -> str:
        """The text of a line with its end."""
        return self.data[self.line_start(number) : self.line_start(number + 1)].decode()

    @cached_property
    def newline(self) -> str:
        """How lines end here: by the first line that has an end."""
        found = _NEWLINE.search(self.data)
        return found.group().decode() if found else "\n"

    @cached_property
    def indent_unit(self) -> str:
        """One step of indentation: what blocks of this file are most often indented by; four spaces if none is."""
        steps: Counter[str] = Counter()
        stack = [""]
        for token in self.tokens:
            if token.type == tokenize.INDENT:
                if token.string.startswith(stack[-1]):
                    steps[token.string[len(stack[-1]) :]] += 1
                stack.append(token.string)
            elif token.type == tokenize.DEDENT:
                stack.pop()
        return steps.most_common(1)[0][0] if steps else "    "

    @cached_property
    def quote(self) -> str:
        """The quote most strings here are written with; double if none is."""
        strings = (t.string.lstrip("rRbBuUfFtT") for t in self.tokens if t.type == tokenize.STRING)
        used = Counter(text[0] for text in strings if text[:3] not in ('"""', "'''"))
        return "'" if used["'"] > used['"'] else '"'

    @cached_property
    def string_lines(self) -> frozenset[int]:
        """Lines that begin inside of a string: their white space is text, not indentation."""
        inside: set[int] = set()
        for node in ast.walk(self.tree):
            is_text = isinstance(node, ast.JoinedStr) or (
                isinstance(node, ast.Constant) and isinstance(node.value, str | bytes)
            )
            if is_text and isinstance(node, ast.expr) and (node.end_lineno or 0) > node.lineno:
                inside.update(self._lines_in_string(node))
        return frozenset(inside)

    def _lines_in_string(self, node: ast.expr) -> Iterator[int]:
        # adjacent literals are one node: a line between two of them, inside of parentheses, is not text
        tokens = [t for t in self.tokens if t.start[0] >= node.lineno and t.end[0] <= (node.end_lineno or 0)]
        depth = 0
        opened = 0
        for token in tokens:
            name = tokenize.tok_name[token.type]
            if name == "STRING":
                yield from range(token.start[0] + 1, token.end[0] + 1)
            elif name in ("FSTRING_START", "TSTRING_START"):
                depth += 1
                opened = opened or token.start[0]
            elif name in ("FSTRING_END", "TSTRING_END"):
                depth -= 1
                if not depth and opened:
                    yield from range(opened + 1, token.end[0] + 1)
                    opened = 0

    # --- editing -----------------------------------------------------------------------------------------------------

    def edit(self, start: int, end: int, text: str) -> Edit:
        """An edit of this file."""
        return Edit(self.path, start, end, text)

    def apply(self, edits: Sequence[Edit]) -> Source:
        """The source after some edits."""
        return Source(self.path, apply_edits(self.text, edits), self.line_length)

    def checked(self, edits: Sequence[Edit], intend: Callable[[ast.Module, Finder], None]) -> list[Edit]:
        """The edits, if they do to the text what `intend` does to a fresh tree of it, and to nothing else.

        `intend` is given the tree and a function that finds in it the twin of a node of this source's own tree.
        Raises PatchError with the fault otherwise, or if the result does not compile.
        """
        expected = ast.parse(self.text.removeprefix(_BOM))
        twins = dict(zip(ast.walk(self.tree), ast.walk(expected), strict=True))

        def twin(node: _N) -> _N:
            found = twins[node]
            assert isinstance(found, type(node))
            return found

        intend(expected, twin)
        after = self.apply(edits)
        try:
            compile(after.text.removeprefix(_BOM), self.path, "exec", dont_inherit=True)
        except (SyntaxError, ValueError) as error:
            line = getattr(error, "lineno", None) or 1
            raise PatchError(f"{self.path}:{line}: the edit does not compile: {error}") from error
        if ast.dump(after.tree) != ast.dump(expected):
            raise PatchError(
                f"{self.path}: the edit would change more than it should",
                "The code is written in a way that pitstop cannot edit safely; change it by hand.",
            )
        return list(edits)


def replace_node(tree: ast.AST, old: ast.AST, new: ast.AST | Sequence[ast.AST]) -> None:
    """Put another node, or several in a list of nodes, where `old` stands in a tree."""
    for parent in ast.walk(tree):
        for name, value in ast.iter_fields(parent):
            if value is old and isinstance(new, ast.AST):
                setattr(parent, name, new)
                return
            if isinstance(value, list):
                for place, each in enumerate(value):
                    if each is old:
                        value[place : place + 1] = [new] if isinstance(new, ast.AST) else list(new)
                        return
    raise PatchError("a node to replace is not in the tree")


def parse_expression(text: str) -> ast.expr:
    """The tree of an expression's text. Raises PatchError if it is none."""
    try:
        # the parentheses allow for line breaks; the newline for a comment at the end
        return ast.parse(f"({text}\n)", mode="eval").body
    except (SyntaxError, ValueError) as error:
        raise PatchError(f"{text!r} is not an expression") from error


def parse_statements(text: str) -> list[ast.stmt]:
    """The trees of some statements' text, such as stand at module level. Raises PatchError."""
    try:
        return ast.parse(text).body
    except (SyntaxError, ValueError) as error:
        raise PatchError(f"{text!r} are not statements: {error}") from error


def line_length(root: Path) -> int:
    """The line length of the project's formatter: ruff's, then black's; 88, which is the default of both, if none is set."""
    return stated_line_length(root) or _DEFAULT_LINE_LENGTH


def stated_line_length(root: Path) -> int | None:
    """The line length that the project sets for its formatter; None if it sets none.

    Ruff's own files come before `pyproject.toml`, as ruff itself has it. A file that is not TOML counts as absent.
    """
    for name, tables in (
        (".ruff.toml", ((),)),
        ("ruff.toml", ((),)),
        ("pyproject.toml", (("tool", "ruff"), ("tool", "black"))),
    ):
        try:
            settings = tomllib.loads((root / name).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue
        for table in tables:
            found: object = settings
            for key in (*table, "line-length"):
                found = found.get(key) if isinstance(found, dict) else None
            if isinstance(found, int) and not isinstance(found, bool) and 1 <= found <= 320:
                return found
    return None
