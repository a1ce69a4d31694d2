"""One file in, one tree out, and back."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from pitstop.project import extract as module
from pitstop.project.extract import FORMAT, extract
from pitstop.project.facts import (
    Assign,
    Call,
    ClassDef,
    ExprStatement,
    FunctionDef,
    ModuleFacts,
    Name,
    Node,
    Statement,
    Try,
    blocks,
    children,
    expressions,
)
from pitstop.project.newer import readable

EVERY_STATEMENT = '''
"""A docstring."""
from __future__ import annotations
import os.path as p, sys
from .. import near
from . import *
x: int
x: int = 1
x = y = 2
x, (y, *z) = 1, (2, 3)
x += 1
del x
assert x, "no"
global_name = None
async def coroutine(a, /, b: int = 1, *args: str, c, d=2, **rest: float) -> list[int]:
    global global_name
    await a.b(c)[d]
    async for i in a:
        yield i
    async with a as b, c:
        return
    return [i async for i in a if await i]
def plain():
    nonlocal_value = 1
    def inner():
        nonlocal nonlocal_value
        yield from inner()
    return lambda q, *r, s=1: (q, r, s)
@decorator
@decorator.with_arguments(1, key=2)
class Thing(Base, metaclass=Meta, **more):
    attribute: "Quoted" = field()
while x < 3 <= y:
    break
else:
    pass
for i, (j, k) in enumerate(x):
    continue
else:
    pass
if a and b or not c: pass
elif a if b else c: pass
else: pass
with open("f") as f, g: pass
try:
    raise ValueError("x") from error
except (A, B) as error:
    raise
except* C if False else D:
    pass
'''.replace("except* C if False else D:\n    pass\n", "") + '''
else:
    pass
finally:
    pass
match x:
    case {"a": [1, *rest], **more} if rest:
        handle(rest)
    case Point(x=0) | None:
        pass
f"{x!r:>{width}} {{}} {y=}"
print({1: 2, **a}, {1, 2}, {k: v for k, v in a}, {k for k in a}, (k for k in a), [*a], -x ** 2, x[1:2, ...], (n := 3))
b"bytes", 1j, 1 << 80, float("inf"), True, None, ..., 1.5, "\\udcff"
'''  # fmt: skip


def facts(text: str) -> ModuleFacts:
    return msgspec.msgpack.decode(msgspec.msgpack.encode(extract(text)), type=ModuleFacts)


def everything(body: tuple[Statement, ...]) -> list[Node]:
    found: list[Node] = []
    statements = list(body)
    while statements:
        statement = statements.pop()
        found.append(statement)
        todo = list(expressions(statement))
        while todo:
            node = todo.pop()
            found.append(node)
            todo.extend(children(node))
        for block in blocks(statement):
            statements.extend(block)
        if isinstance(statement, (FunctionDef, ClassDef)):
            statements.extend(statement.body)
    return found


def test_every_statement_survives_the_round_trip_as_the_same_tree() -> None:
    tree = facts(EVERY_STATEMENT)
    assert tree.format == FORMAT
    assert tree.lines == EVERY_STATEMENT.count("\n")
    assert msgspec.convert(extract(EVERY_STATEMENT), ModuleFacts) == tree
    assert [s.line for s in tree.body] == [s.lineno for s in ast.parse(EVERY_STATEMENT).body]


def test_no_name_is_lost_on_the_way() -> None:
    text = EVERY_STATEMENT
    parsed = {node.id for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Name)}
    parsed.discard("Point")  # a pattern tests and binds; nothing runs in it
    kept = msgspec.json.encode(extract(text)).decode("utf-8", "replace")
    assert {name for name in parsed if f'"{name}"' not in kept} == set()


def test_an_exception_group_is_a_try() -> None:
    (statement,) = facts("try:\n    a()\nexcept* ValueError:\n    b()\n").body
    assert isinstance(statement, Try)
    assert len(statement.handlers) == 1


def test_places_are_those_of_the_parser() -> None:
    text = "value = call(\n    first,\n    'é', last)\n"
    (statement,) = facts(text).body
    assert isinstance(statement, Assign)
    assert isinstance(statement.value, Call)
    expected = ast.parse(text).body[0].value  # type: ignore[attr-defined] # an assignment
    assert statement.value.span == (1, expected.col_offset, 3, expected.end_col_offset)
    last = expected.args[2]
    assert statement.value.args[2].span == (
        last.lineno,
        last.col_offset,
        last.end_lineno,
        last.end_col_offset,
    )


def test_a_place_beyond_what_fits_is_cut_off_and_keeps_its_line() -> None:
    text = "\n" * 70_000 + "x = " + "(" * 1 + " " * 5_000 + "y)\n"
    (statement,) = facts(text).body
    assert statement.line == 70_001
    assert isinstance(statement, Assign)
    assert statement.value is not None
    assert statement.value.span[0] == 70_001
    assert statement.value.span[1] == 0xFFF


@pytest.mark.parametrize(
    "text",
    [
        "x = 1 << 80",
        "x = 1e999",
        "x = -1e999",
        "x = 10**9999",
        "x = 1j",
        "x = b'a'",
        "x = ...",
        "x = '\\ud800'",
    ],
)
def test_what_the_cache_cannot_hold_is_kept_as_nothing(text: str) -> None:
    (statement,) = facts(text).body
    assert isinstance(statement, Assign)


def test_comments_that_switch_off_are_kept() -> None:
    text = "a = 1  # pitstop: ignore[missing-index, n-plus-one-loop]\n# pitstop: ignore\nb = 2\n"
    first, second = facts(text).ignores
    assert (first.line, first.alone, first.names) == (1, False, ("missing-index", "n-plus-one-loop"))
    assert (second.line, second.alone, second.names) == (2, True, ())


@pytest.mark.parametrize("text", ["", "\n", "# only a comment", "pass"])
def test_next_to_nothing_is_read(text: str) -> None:
    assert facts(text).lines == len(text.splitlines())


@pytest.mark.parametrize(("text", "error"), [("def", SyntaxError), ("x = \0", (SyntaxError, ValueError))])
def test_what_is_no_python_raises(text: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        extract(text)


def test_deep_nesting_raises_and_does_not_crash() -> None:
    with pytest.raises((RecursionError, MemoryError, SyntaxError)):
        extract("x = " + "(" * 5_000 + ")" * 5_000)
    with pytest.raises((RecursionError, MemoryError)):
        extract("x = " + "-" * 20_000 + "1")


def test_it_runs_as_a_script_without_anything_of_ours(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_bytes(b"\xef\xbb\xbfx = 1\n")
    run = subprocess.run(
        [sys.executable, "-I", "-S", module.__file__, str(tmp_path / "a.py")],
        capture_output=True,
        text=True,
        check=True,
    )
    assert msgspec.convert(json.loads(run.stdout), ModuleFacts) == facts("x = 1\n")


NEWER = [
    "class Repository[M: Model, *Ts, **P](Base):\n    x: M\n",
    "class Empty[T]:\n    pass\n",
    "def first[T](items: list[T]) -> T:\n    return items[0]\n",
    "    async def f[A, B: (int, str)](self): ...\n".lstrip(),
    "type Pair[T] = tuple[T, T]\n",
    "type Number = int | float\n",
    "def f[\n    T,\n    U: dict[str, int],\n](x: T) -> U: ...\n",
    "class A[\n    T,\n]:\n    def m(self): ...\n",
]


@pytest.mark.parametrize("text", NEWER)
def test_type_parameters_are_blanked_in_place(text: str) -> None:
    older = readable(text)
    assert len(older.split("\n")) == len(text.split("\n"))
    ast.parse(older)
    if sys.version_info >= (3, 12):
        kept = {(n.lineno, type(n)) for n in ast.walk(ast.parse(older)) if isinstance(n, ast.stmt)}
        assert {line for line, _ in kept} <= {
            n.lineno for n in ast.walk(ast.parse(text)) if isinstance(n, ast.stmt)
        }


@pytest.mark.parametrize(
    "text",
    [
        "type = 1\n",
        "type(x)[0] = 2\n",
        "type == 3\n",
        "x = [1]\n",
        "classes[0](1)\n",
        "def f(x): return x[0]\n",
        "match[0]\n",
    ],
)
def test_what_only_looks_newer_is_left_alone(text: str) -> None:
    assert readable(text) == text


def test_an_unclosed_bracket_is_not_run_after() -> None:
    assert readable("def f[" + "x" * 100_000) == "def f[" + "x" * 100_000


def test_a_quoted_name_is_a_string() -> None:
    (statement,) = facts("x: 'Order'\n").body
    assert isinstance(statement, Assign)
    assert getattr(statement.annotation, "value", None) == "Order"
    (other,) = facts("x.y(z)\n").body
    assert isinstance(other, ExprStatement)
    assert isinstance(other.value, Call)
    assert isinstance(other.value.args[0], Name)
