from __future__ import annotations

import ast
from collections.abc import Callable

import pytest

from pitstop.errors import PatchError
from pitstop.patching.edits import Edit
from pitstop.patching.python import Source
from pitstop.patching.statements import insert_after, insert_before, unwrap_with


def at_mark(text: str, change: Callable[[Source, ast.stmt], list[Edit]], mark: str = "here") -> str:
    """The text after a change of the statement that holds the name `here`."""
    source = Source("a.py", text)
    name = next(n for n in ast.walk(source.tree) if isinstance(n, ast.Name) and n.id == mark)
    return source.apply(change(source, source.statement(name))).text


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("here()\n", "x = 1\nhere()\n"),
        ("if a:\n\tb\n\there()\n", "if a:\n\tb\n\tx = 1\n\there()\n"),
        ("a; here(); b\n", "a; x = 1; here(); b\n"),
        ("if a: here()\n", "if a: x = 1; here()\n"),
        ("if a:\r\n    here(  # c\r\n    )\r\n", "if a:\r\n    x = 1\r\n    here(  # c\r\n    )\r\n"),
        ("\ufeffhere()", "\ufeffx = 1\nhere()"),
        ("# c\n@here\ndef f(): ...\n", "# c\nx = 1\n@here\ndef f(): ...\n"),
        ("é = 'ü'; here()\n", "é = 'ü'; x = 1; here()\n"),
    ],
)
def test_a_statement_before_another(before: str, after: str) -> None:
    assert at_mark(before, lambda source, statement: insert_before(source, statement, "x = 1")) == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("here()  # c\ny\n", "here()  # c\nx = 1\ny\n"),
        ("here()", "here()\nx = 1"),
        ("here(); b\n", "here(); x = 1; b\n"),
        ("if a: here()\n", "if a: here(); x = 1\n"),
        (
            "if a:\n    for here in b:\n        c\n\n    d\n",
            "if a:\n    for here in b:\n        c\n    x = 1\n\n    d\n",
        ),
        ("if a:\n    here(\n    )\nelse:\n    b\n", "if a:\n    here(\n    )\n    x = 1\nelse:\n    b\n"),
        ("here = '''\n'''\r\n", "here = '''\n'''\r\nx = 1\n"),
    ],
)
def test_a_statement_after_another(before: str, after: str) -> None:
    assert at_mark(before, lambda source, statement: insert_after(source, statement, "x = 1")) == after


def test_several_lines_take_the_indentation_and_leave_strings_alone() -> None:
    text = 'for a in b:\n    c = """\nd\n"""\n\ne = 1'
    after = at_mark("if q:\n    here()\n", lambda source, statement: insert_before(source, statement, text))
    assert after == 'if q:\n    for a in b:\n        c = """\nd\n"""\n\n    e = 1\n    here()\n'


def test_a_block_cannot_share_a_line() -> None:
    with pytest.raises(PatchError, match="shares its line"):
        at_mark("a; here()\n", lambda source, statement: insert_before(source, statement, "if x:\n    y"))


def test_nothing_stands_before_a_docstring_or_the_future() -> None:
    source = Source("a.py", 'def f():\n    """Doc."""\n')
    with pytest.raises(PatchError, match="docstring"):
        insert_before(source, source.find(ast.Expr, 2, 5), "x = 1")
    source = Source("a.py", "from __future__ import annotations\n")
    with pytest.raises(PatchError):
        insert_before(source, source.tree.body[0], "x = 1")


def unwrapped(text: str, item: int = 0) -> str:
    source = Source("a.py", text)
    found = next(n for n in ast.walk(source.tree) if isinstance(n, ast.With | ast.AsyncWith))
    return source.apply(unwrap_with(source, found, item)).text


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("with a:\n    b\nc\n", "b\nc\n"),
        ("with a as x: b; c\n", "b; c\n"),
        ("if q:\n\twith a:  # why\n\t\t# two\n\t\tb\n\n\t\tc\n\td\n", "if q:\n\t# why\n\t# two\n\tb\n\n\tc\n\td\n"),
        ("with a:\n    x = '''\n    text\n    ''' + (\n        b\n    )\n", "x = '''\n    text\n    ''' + (\n    b\n)\n"),
        ("with (\n    a(1) as x,  # c\n):\n    b\n", "b\n"),
        ("with a:\r\n  b\r\n# out\r\n  # odd\r\n  c\r\n", "b\r\n# out\r\n# odd\r\nc\r\n"),
        ("with a[1:2]: \n    b: int = 1\n", "b: int = 1\n"),
    ],
)  # fmt: skip
def test_a_block_leaves_its_with(before: str, after: str) -> None:
    assert unwrapped(before) == after


def test_one_of_several_items_goes() -> None:
    assert unwrapped("with a as x, b as y, c:\n    d\n", 0) == "with b as y, c:\n    d\n"
    assert unwrapped("with a as x, b as y, c:\n    d\n", 1) == "with a as x, c:\n    d\n"
    assert unwrapped("with a as x, b as y, c:\n    d\n", 2) == "with a as x, b as y:\n    d\n"


def test_a_format_string_over_lines_keeps_its_text() -> None:
    text = "with a:\n    x = f'''\n    {b}\n    '''\n    y = 1\n"
    assert unwrapped(text) == "x = f'''\n    {b}\n    '''\ny = 1\n"
