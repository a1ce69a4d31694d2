"""Calls put into functions of libraries, which must stay what they were."""

from __future__ import annotations

import builtins
import importlib.util
import inspect
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from pitstop_probe.splice import splice

MODULE = '''
import asyncio
import functools

FALLBACK = object()


def documented(a, /, b=FALLBACK, *rest, c=3, **more):
    """What it does."""
    if a == "bad":
        raise ValueError(a)  # line 12
    return a, b, rest, c, more


async def waiting(a):
    await asyncio.sleep(0)
    return a * 2


@functools.lru_cache
def decorated(a):
    return a


def outer(x):
    def inner(a):
        return a + x
    return inner


closed = outer(1)


def empty():
    """Nothing."""


class Plain:
    async def handle(self, a):
        return a * 2


class Special(Plain):
    async def handle(self, a):
        """What it does."""
        return await super().handle(a) + 2

    def failing(self):
        text = """
of another depth
"""
        if text:
            raise ValueError("bad")  # in a method
'''


@pytest.fixture
def library(tmp_path: Path) -> Iterator[ModuleType]:
    """A module from a file."""
    path = tmp_path / "spliced_library.py"
    path.write_text(MODULE)
    spec = importlib.util.spec_from_file_location("spliced_library", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["spliced_library"] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules["spliced_library"]
    vars(builtins).pop("__spliced__", None)


def test_it_runs_before_and_after_and_all_else_is_as_it_was(library: ModuleType) -> None:
    seen: list[object] = []
    function = library.documented
    signature, document = inspect.signature(function), function.__doc__
    assert splice(function, "__spliced__(('in', a))", "__spliced__('out')", __spliced__=seen.append)
    assert library.documented is function
    assert inspect.signature(function) == signature
    assert function.__doc__ == document
    assert function(1, 2, 3, c=4, d=5) == (1, 2, (3,), 4, {"d": 5})
    assert function("x") == ("x", library.FALLBACK, (), 3, {})
    assert seen == [("in", 1), "out", ("in", "x"), "out"]


def test_an_error_passes_with_its_line(library: ModuleType) -> None:
    seen: list[object] = []
    assert splice(library.documented, "__spliced__('in')", "__spliced__('out')", __spliced__=seen.append)
    with pytest.raises(ValueError, match="bad") as error:
        library.documented("bad")
    last = traceback.extract_tb(error.value.__traceback__)[-1]
    assert last.line is not None
    assert last.line.endswith("# line 12")
    assert seen == ["in", "out"]


async def _double(module: ModuleType) -> object:
    return await module.waiting(4)


@pytest.mark.parametrize(("c", "noted"), [(0, []), (1, ["in", "out"])])
def test_it_runs_only_where_it_is_told_to(library: ModuleType, c: int, noted: list[str]) -> None:
    seen: list[object] = []
    function = library.documented
    assert splice(function, "__spliced__('in')", "__spliced__('out')", only="c", __spliced__=seen.append)
    assert function.__doc__ == "What it does."
    assert function(1, c=c) == (1, library.FALLBACK, (), c, {})
    assert seen == noted
    with pytest.raises(ValueError, match="bad") as error:
        function("bad", c=c)
    assert str(traceback.extract_tb(error.value.__traceback__)[-1].line).endswith("# line 12")
    assert seen == 2 * noted


def test_a_coroutine_function_stays_one(library: ModuleType) -> None:
    import asyncio

    seen: list[object] = []
    assert splice(library.waiting, "__spliced__(a)", "__spliced__('out')", __spliced__=seen.append)
    assert inspect.iscoroutinefunction(library.waiting)
    assert asyncio.run(_double(library)) == 8
    assert seen == [4, "out"]


@pytest.mark.parametrize("name", ["decorated", "closed", "empty"])
def test_what_is_no_plain_function_is_left_alone(library: ModuleType, name: str) -> None:
    function = getattr(library, name)
    assert not splice(function, "__spliced__(1)", __spliced__=lambda _: None)
    if name != "empty":
        assert function(2) in {2, 3}


def test_what_has_no_source_is_left_alone() -> None:
    made: dict[str, object] = {}
    exec("def function(): return 1", made)  # a function without a file
    assert not splice(made["function"], "pass")
    assert not splice(len, "pass")


def test_a_method_keeps_its_class_and_its_name(library: ModuleType) -> None:
    import asyncio

    seen: list[object] = []
    code = library.Special.handle.__code__
    for owner in (library.Plain, library.Special):
        assert splice(owner.handle, "__spliced__((type(self), a))", __spliced__=seen.append)
    assert asyncio.run(library.Special().handle(2)) == 6
    assert seen == [(library.Special, 2)] * 2
    made = library.Special.handle.__code__
    assert made is not code
    assert (made.co_name, made.co_firstlineno, made.co_freevars) == (
        "handle",
        code.co_firstlineno,
        ("__class__",),
    )
    assert getattr(made, "co_qualname", "") == getattr(code, "co_qualname", "")


def test_an_error_in_a_method_passes_with_its_line(library: ModuleType) -> None:
    assert splice(library.Special.failing, "__spliced__('in')", __spliced__=lambda _: None)
    with pytest.raises(ValueError, match="bad") as error:
        library.Special().failing()
    last = traceback.extract_tb(error.value.__traceback__)[-1]
    assert last.line == 'raise ValueError("bad")  # in a method'
