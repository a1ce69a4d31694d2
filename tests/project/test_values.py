"""What callers pass, and what does not run for it."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent, indent

import pytest

from pitstop.project import Project
from pitstop.project.branches import NOTHING
from pitstop.project.calls import Step
from pitstop.project.facts import Call
from pitstop.project.model import FunctionInfo
from pitstop.project.sites import Site

from .trees import function, service

APP = "from fastapi import FastAPI\napp = FastAPI()\n"
CALLED = """
def called(first, notify=False, *, log: str | None = None, always=True):
    if notify:
        a()
    elif log:
        b()
    else:
        c()
    if always:
        d()
    if notify or log:
        e()
    if first and log:
        f()
    if log is not None:
        g()
"""


def _names(info: FunctionInfo, sites: list[Site]) -> set[str]:
    """The names of those calls that are calls of a plain name."""
    found = {getattr(site.node.func, "id", "") for site in sites if isinstance(site.node, Call)}
    return found - {"", info.name}


def _skipped(project: Project, name: str = "called") -> set[str]:
    """The calls in a function that no request gets to."""
    info = function(project, name)
    return _names(info, [site for site in info.calls if project.calls.reach(info, site) is None])


def _called(root: Path, called: str, *calls: str, before: str = "") -> Project:
    """A service with a function and a route for each of the calls of it."""
    routes = "".join(
        f"@app.get('/{n}')\ndef r{n}(x, args, kind: str):\n{indent(dedent(call), '    ')}\n"
        for n, call in enumerate(calls)
    )
    return service(root, {"app.py": APP + before + dedent(called) + "\n" + routes})


@pytest.mark.parametrize(
    ("call", "skipped"),
    [
        ("called(1)", {"a", "b", "e", "f", "g"}),
        ("called(1, True)", {"b", "c", "f", "g"}),
        ("called(1, notify=x)", {"b", "f", "g"}),
        ("called(1, log='x')", {"a", "c"}),
        ("called(0, log='x')", {"a", "c", "f"}),
        ("called(1, False, log=None, always=False)", {"a", "b", "d", "e", "f", "g"}),
        ("called(1, always=None)", {"a", "b", "d", "e", "f", "g"}),
        ("called(1, log=f'{x}')", {"a"}),
        ("called(1, log=kind)", {"a"}),
        ("called(*args)", set()),
        ("called(1, **args)", set()),
    ],
)
def test_what_does_not_run_for_a_call(tmp_path: Path, call: str, skipped: set[str]) -> None:
    assert _skipped(_called(tmp_path, CALLED, call)) == skipped


BODIES = {
    "the other branch": ("if x is None:\n    a()\nelse:\n    b()", "[1]", {"a"}),
    "a comparison": ("if x == 'p':\n    a()\nelif x == 'q':\n    b()\nelse:\n    c()", "'q'", {"a", "c"}),
    "anything else": ("if x == 'p':\n    a()\nelif x == 'q':\n    b()\nelse:\n    c()", "'r'", {"a", "b"}),
    "one of several": ("if x in ('p', 'q'):\n    a()\nif x not in ['p', 'q']:\n    b()", "'p'", {"b"}),
    "none of several": ("if x in ('p', 'q'):\n    a()\nif x not in {'p', 'q'}:\n    b()", "'r'", {"a"}),
    "several, one unknown": ("if x in ('p', y):\n    a()\nif x not in ('q', y):\n    b()", "'r'", set()),
    "not equal": ("if x != 3:\n    a()\nif 3 != x:\n    b()\nif x != 4:\n    c()", "3", {"a", "b"}),
    "true is not one": ("if x is True:\n    a()\nif x == 1:\n    b()", "1", set()),
    "an expression": ("return a() if x is not None else b()", "[]", {"b"}),
    "a short cut": ("x and a()\nx or b()\nnot x or c()", "False", {"a", "c"}),
    "a short cut further on": ("y and x and a()\ny or x or b()", "'s'", {"b"}),
    "both": ("if y and x:\n    a()\nif y or not x:\n    b()", "None", {"a"}),
    "bool": ("if not bool(x):\n    a()", "2", {"a"}),
    "length": ("if len(x):\n    a()", "[]", set()),
    "an empty list": ("if x:\n    a()\nelse:\n    b()", "[]", set()),
    "a full list": ("if x:\n    a()\nelse:\n    b()", "[y]", {"b"}),
    "an attribute": ("if x.y is None:\n    a()", "None", set()),
    "an early return": ("if not x:\n    return\na()", "None", {"a"}),
    "an early return not taken": ("if x is None:\n    return b()\na()", "''", {"b"}),
    "an early error within blocks": (
        "for z in y:\n    with z:\n        if x is None:\n            raise ValueError\n        a()\n    b()\nc()",
        "None",
        {"a", "b"},
    ),
    "an error that is caught": (
        "with suppress(KeyError):\n    if x is None:\n        raise KeyError\n    a()\nb()",
        "None",
        {"a"},
    ),
    "a return from a with": ("with y:\n    if x is None:\n        return\na()", "None", {"a"}),
    "the turn that is left": ("for z in y:\n    if x:\n        continue\n    a()\nb()", "True", {"a"}),
    "leaving by else": ("if x:\n    a()\nelse:\n    return\nb()", "False", {"a", "b"}),
    "leaving after elif": ("if y:\n    return\nelif x:\n    return\na()", "True", {"a"}),
    "leaving one way of two": ("if x:\n    if y:\n        return\na()", "True", set()),
    "nested": ("if y:\n    if x is None:\n        a()\n    b()", "'s'", {"a"}),
    "bound again": ("x = x or g()\nif x:\n    a()", "None", set()),
    "counted up": ("x += 1\nif x == 0:\n    a()\nif x:\n    b()", "0", set()),
    "of a lambda": ("return lambda x: a() if x else b()", "None", set()),
    "of a comprehension": ("return [a() if x else b() for x in y]", "None", set()),
    "bound by a pattern": ("match y:\n    case [x]:\n        if x:\n            a()", "None", set()),
    "a beginning": (
        "if x.startswith('p:'):\n    a()\nelif x.startswith(('q:', 'r:')):\n    b()\nelif x == 'p':\n    c()\nelse:\n    d()",
        "'q:1'",
        {"a", "c", "d"},
    ),
    "a beginning that is given": (
        "if x.startswith('p:q:'):\n    a()\nif x.startswith('p'):\n    b()\nif x.startswith('q:'):\n    c()\nif x == 'p':\n    d()\nif x == 'p:qr':\n    e()",
        "f'p:q{y}'",
        {"c", "d"},
    ),
    "a beginning ruled out before": (
        "if x.startswith('p:'):\n    return\nif x.startswith('p:q'):\n    a()\nb()",
        "f'p:{y}'",
        {"a", "b"},
    ),
    "no text": ("if x.startswith('p'):\n    a()\nb()", "[y]", set()),
    "an unknown beginning": ("if x.startswith(('p', y)):\n    a()\nelse:\n    b()", "'q'", set()),
    "filled where it is missing": (
        "if x is None:\n    x = a()\nif x:\n    b()\nelse:\n    c()",
        "[1]",
        {"a", "c"},
    ),
    "missing and filled": ("if x is None:\n    x = a()\nif not x:\n    return\nb()", "None", set()),
    "filled by an or": ("x = x or a()\nif not x:\n    b()", "[1]", set()),
    "filled whatever it is": ("if y:\n    x = a()\nif not x:\n    b()", "[1]", set()),
    "set by a function in it": (
        "def inner():\n    nonlocal x\n    x = 1\ninner()\nif x:\n    a()",
        "0",
        set(),
    ),
}


@pytest.mark.parametrize(("body", "given", "skipped"), BODIES.values(), ids=BODIES)
def test_which_branches_a_value_excludes(tmp_path: Path, body: str, given: str, skipped: set[str]) -> None:
    called = "def called(x, y):\n" + indent(body, "    ")
    assert _skipped(_called(tmp_path, called, f"y = args\ncalled({given}, y)")) == skipped


PASSED = {
    "under a test": ("if kind == 'p':\n    called(kind)", {"b", "n"}),
    "under its else": ("if kind == 'p':\n    pass\nelse:\n    called(kind)", {"a"}),
    "after leaving": ("if kind is None:\n    return\ncalled(kind)", {"n"}),
    "after another return": ("if x is None:\n    return\ncalled(kind)", set()),
    "in a conditional": ("return called(kind) if kind else None", {"n"}),
    "one of two": ("if kind in ('q', 'r'):\n    called(kind)", {"n"}),
    "bound once": ("mode = 'p'\ncalled(mode)", {"b", "n"}),
    "bound twice": ("mode = 'p'\nif x:\n    mode = None\ncalled(mode)", set()),
    "a list filled since": ("found = []\nfound.append(x)\ncalled(found)", {"n"}),
    "or": ("called(x or [])", {"n"}),
    "either": ("called('p' if x else 'q')", {"n"}),
    "either, or nothing": ("called('p' if x else None)", set()),
    "text": ("called('p' + x)", {"n"}),
    "a copy": ("called(list(x))", {"n"}),
    "some other call": ("called(x.get())", set()),
    "what begins so": ("if kind.startswith('p'):\n    called(kind)", {"n"}),
    "what begins otherwise": ("if kind.startswith('pq'):\n    called(kind)", {"a", "n"}),
    "of what does not begin so nothing": ("if not kind.startswith('p'):\n    called(kind)", {"a"}),
    "set again": ("if kind == 'p':\n    kind = x\n    called(kind)", set()),
}


@pytest.mark.parametrize(("call", "skipped"), PASSED.values(), ids=PASSED)
def test_what_a_caller_knows_of_what_it_passes(tmp_path: Path, call: str, skipped: set[str]) -> None:
    called = "def called(x):\n    if x == 'p':\n        a()\n    else:\n        b()\n    if x is None:\n        n()"
    assert _skipped(_called(tmp_path, called, call)) == skipped


def test_values_are_handed_on_from_function_to_function(tmp_path: Path) -> None:
    text = "def called(x=None):\n    if x is None:\n        a()\ndef middle(y):\n    called(y)\ndef first(z='z'):\n    middle(y=z)\n"
    assert _skipped(_called(tmp_path, text, "first()")) == {"a"}


def test_a_site_is_told_by_the_caller_that_gets_there(tmp_path: Path) -> None:
    called = "def called(x):\n    if x is None:\n        a()\n    b()"
    project = _called(tmp_path, called, "called([1])", "called(None)")
    info = function(project, "called")
    sites = {s.node.func.id: s for s in info.calls if isinstance(s.node, Call)}  # type: ignore[union-attr] # plain names
    always, only = project.calls.reach(info, sites["b"]), project.calls.reach(info, sites["a"])
    assert always is not None
    assert only is not None
    assert [route.path for route in always.routes] == ["/0", "/1"]
    assert [step.function.name for step in always.path] == ["r0"]
    assert [route.path for route in only.routes] == ["/1"]
    assert [step.function.name for step in only.path] == ["r1"]


def test_what_is_called_only_below_an_excluded_branch_is_not_reached(tmp_path: Path) -> None:
    """The coroutine is entered where the other one of two implementations is chosen."""
    text = """
    from asyncio import to_thread
    def do():
        read()
    async def work(backend):
        if backend == "p":
            do()
        return await other(backend)
    @app.get("/work")
    async def route(backend: str):
        if backend == "p":
            return await to_thread(do)
        else:
            return await work(backend=backend)
    """
    project = service(tmp_path, {"app.py": APP + dedent(text)})
    assert project.calls.reach(function(project, "do")).context == "thread"  # type: ignore[union-attr] # it is reached
    assert (function(project, "do").qualname, "loop") not in project.calls.reached


def test_a_function_in_a_thread_is_given_what_stands_behind_it(tmp_path: Path) -> None:
    text = "from asyncio import to_thread\n"
    called = "def called(x=None, y=None):\n    if x is None:\n        a()\n    if y is None:\n        b()"
    assert _skipped(_called(tmp_path, called, "to_thread(called, [1])", before=text)) == {"a"}
    again = tmp_path / "again"
    assert _skipped(_called(again, called, "loop.run_in_executor(None, called, x)")) == set()


@pytest.mark.parametrize(
    ("call", "skipped"),
    [
        ("run = partial(called, [])\nrun([])", set()),
        ("partial(called, [])([])", set()),
        ("run = called\nrun([], [])", {"a", "b"}),
    ],
)
def test_a_partial_gives_more_than_its_call(tmp_path: Path, call: str, skipped: set[str]) -> None:
    called = "def called(x=None, y=None):\n    if x is None:\n        a()\n    if y is None:\n        b()\n    if y is not None:\n        c()"
    assert _skipped(_called(tmp_path, called, call, before="from functools import partial\n")) == skipped


def test_methods_take_their_object_first(tmp_path: Path) -> None:
    text = """
    class Base:
        def __init__(self, x=None):
            if x is None:
                a()
        def called(self, x, y=None):
            if x is None:
                b()
            if y is None:
                c()
    class Other(Base):
        def __init__(self, x):
            Base.__init__(self, x)
    """
    project = _called(tmp_path, text, "Base([1]).called([])", "base = Base([])\nBase.called(base, None, [])")
    assert _skipped(project, "Base.__init__") == {"a"}
    assert _skipped(project, "called") == set()
    other = _called(tmp_path / "other", text, "Other(None)")
    assert _skipped(other, "Base.__init__") == set()


def test_a_decorator_may_fill_in_what_is_left_out(tmp_path: Path) -> None:
    text = """
    def with_session(function):
        def inner(*args, **kwargs):
            return function(*args, session=make(), **kwargs)
        return inner
    @with_session
    def called(x, session=None):
        if session is not None:
            a()
        if x is None:
            b()
    """
    assert _skipped(_called(tmp_path, text, "called([])")) == {"b"}
    first = text.replace("(x, session=None)", "(session, x)")
    assert _skipped(_called(tmp_path / "first", first, "called(None)")) == set()


def test_recursion_ends_and_many_values_are_any_value(tmp_path: Path) -> None:
    called = "def called(x=0):\n    if x == 1:\n        a()\n    elif x == 9:\n        b()\n    called(x + 1)\n    called(x)\n    called(7)"
    assert _skipped(_called(tmp_path, called, "called(1)")) == set()
    tests = "\n".join(f"    if x == {n}:\n        f{n}()" for n in range(1, 9))
    calls = "\n".join(f"called({n})" for n in range(1, 4))
    assert _skipped(_called(tmp_path / "few", f"def called(x):\n{tests}", calls)) == {
        f"f{n}" for n in range(4, 9)
    }
    calls = "\n".join(f"called({n})" for n in range(1, 7))
    assert _skipped(_called(tmp_path / "many", f"def called(x):\n{tests}", calls)) == set()


def test_nothing_is_known_of_what_a_request_sends(tmp_path: Path) -> None:
    text = "@app.get('/')\ndef called(x: str | None = None):\n    if x is None:\n        a()\n    else:\n        b()\n"
    assert _skipped(service(tmp_path, {"app.py": APP + text})) == set()


def test_values_below_a_call_that_a_rule_looks_at(tmp_path: Path) -> None:
    text = """
    import time
    def called(x=None):
        if x is None:
            time.sleep(1)
    def caller(y):
        called(y)
        called()
    @app.get("/")
    def route():
        caller("text")
    """
    project = service(tmp_path, {"app.py": APP + dedent(text)})
    called, caller = function(project, "called"), function(project, "caller")
    first, second = (Step(caller, site) for site in caller.calls)
    reach = project.calls.reach(caller)
    assert reach is not None
    assert project.blocking.below(called) is not None
    assert project.blocking.below(called, first) is not None
    assert project.blocking.below(called, first, reach.facts) is None
    assert project.blocking.below(called, second, reach.facts) is not None
    assert project.calls.values.given(called, None, reach.facts) == (NOTHING,)


def test_functions_of_one_name_do_not_mix(tmp_path: Path) -> None:
    """An overloaded function is several in the text, with parameters of their own."""
    text = """
    from typing import overload
    class Runner:
        @overload
        async def called(self, kind: type) -> int: ...
        @overload
        async def called(self) -> str: ...
        async def called(self, kind=None):
            if kind is None:
                a()
            inner(kind)
    def inner(kind):
        if kind is None:
            b()
    @app.get("/")
    async def route():
        await Runner().called("text")
    """
    project = service(tmp_path, {"app.py": APP + dedent(text)})
    assert _skipped(project, "Runner.called") <= {"a"}
    assert _skipped(project, "inner") <= {"b"}


def test_jobs_know_what_is_passed_as_requests_do(tmp_path: Path) -> None:
    text = """
    from celery import shared_task
    def called(x):
        if x is None:
            a()
        else:
            b()
    @shared_task
    def job():
        called(None)
    @app.get("/")
    async def route():
        called([])
    """
    project = service(tmp_path, {"app.py": APP + dedent(text)})
    info = function(project, "called")
    sites = {s.node.func.id: s for s in info.calls if isinstance(s.node, Call)}  # type: ignore[union-attr] # plain names
    within, beside = project.jobs.runs(info, sites["b"]), project.jobs.runs(info, sites["a"])
    assert within is not None
    assert beside is not None
    assert (within.doubt, bool(beside.doubt)) == ("", True)
    assert project.jobs.on_loop(info, sites["a"]) is None
    assert project.jobs.on_loop(info, sites["b"]) is not None
