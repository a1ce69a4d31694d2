from __future__ import annotations

import ast

import pytest

from pitstop.errors import PatchError
from pitstop.patching.parameters import add_parameter
from pitstop.patching.python import Function, Source
from pitstop.patching.wrapping import finish


def added(text: str, length: int = 60) -> str:
    source = Source("a.py", text, length)
    function = next(n for n in ast.walk(source.tree) if isinstance(n, Function))
    return finish(source, add_parameter(source, function, "client", "Http")).after or ""


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("def f(): pass\n", "def f(client: Http): pass\n"),
        ("async def f( ) -> int: ...\n", "async def f(client: Http) -> int: ...\n"),
        ("def f(a): pass\n", "def f(a, client: Http): pass\n"),
        ("def f(a: A[int, str]): pass\n", "def f(a: A[int, str], client: Http): pass\n"),
        ("def f(a, b=1): pass\n", "def f(a, client: Http, b=1): pass\n"),
        ("def f(a=1, b=2): pass\n", "def f(client: Http, a=1, b=2): pass\n"),
        ("@d(x)\ndef f(a): pass\n", "@d(x)\ndef f(a, client: Http): pass\n"),
        (
            "def f(\n    a: int,  # one\n    b: int,  # two\n) -> int:\n    pass\n",
            "def f(\n    a: int,  # one\n    b: int,  # two\n    client: Http,\n) -> int:\n    pass\n",
        ),
        (
            "def f(\n    a: int,\n    b: int\n):\n    pass\n",
            "def f(\n    a: int,\n    b: int,\n    client: Http\n):\n    pass\n",
        ),
        (
            "def f(\n    a: int,\n    b: int = g(1, 2),  # two\n):\n    pass\n",
            "def f(\n    a: int,\n    client: Http,\n    b: int = g(1, 2),  # two\n):\n    pass\n",
        ),
        (
            "def f(\n    first: Annotated[int, 1], second: int = 22222\n):\n    pass\n",
            "def f(\n    first: Annotated[int, 1],\n    client: Http,\n    second: int = 22222,\n):\n    pass\n",
        ),
        (
            "def f(\n    first: Annotated[int, 1], x: int\n):\n    pass\n",
            "def f(\n    first: Annotated[int, 1], x: int, client: Http\n):\n    pass\n",
        ),
        (
            "async def f(first: int, second: int) -> list[int]:\n    pass\n",
            "async def f(\n    first: int, second: int, client: Http\n) -> list[int]:\n    pass\n",
        ),
        ("def f(\r\n    a,\r\n): pass\r\n", "def f(\r\n    a,\r\n    client: Http,\r\n): pass\r\n"),
    ],
)
def test_the_parameters_keep_their_layout(before: str, after: str) -> None:
    assert added(before) == after


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("def f(*a): pass\n", "cannot be changed safely"),
        ("def f(**a): pass\n", "cannot be changed safely"),
        ("def f(a, /): pass\n", "cannot be changed safely"),
        ("def f(*, a): pass\n", "cannot be changed safely"),
        ("def f(\n    # nothing yet\n): pass\n", "laid out"),
        ("def f(\n    a: int,\n    b: int  # the last\n): pass\n", "laid out"),
        (
            "def f(\n    first: Annotated[int, 1], second: int = 22222  # both\n): pass\n",
            "laid out",
        ),
    ],
)
def test_what_cannot_be_kept_is_refused(text: str, words: str) -> None:
    with pytest.raises(PatchError, match=words):
        added(text)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("def f(a, *, b): pass\n", "def f(a, *, b, full: bool = True): pass\n"),
        ("def f(*, b=1): pass\n", "def f(*, b=1, full: bool = True): pass\n"),
        (
            "def f(\n    *,\n    b: int,  # one\n): pass\n",
            "def f(\n    *,\n    b: int,  # one\n    full: bool = True,\n): pass\n",
        ),
        (
            "def f(\n    *, the_first: int = 1 * 2, the_second: int\n): pass\n",
            "def f(\n    *,\n    the_first: int = 1 * 2,\n    the_second: int,\n    full: bool = True,\n): pass\n",
        ),
    ],
)
def test_one_with_a_default_is_given_by_keyword_where_others_are(before: str, after: str) -> None:
    source = Source("a.py", before, 60)
    function = next(n for n in ast.walk(source.tree) if isinstance(n, Function))
    edits = add_parameter(source, function, "full", "bool", "True")
    assert finish(source, edits).after == after
