"""The order in which a member is looked for."""

from __future__ import annotations

from pathlib import Path

import pytest

from .trees import service


def order(root: Path, text: str, name: str) -> list[str]:
    """The classes of one file in the order in which a class of it looks for a member."""
    return [cls.name for cls in service(root, {"main.py": text}).types.mro(f"main.{name}")]


@pytest.mark.parametrize(
    "text",
    [
        "class A: ...\nclass B(A): ...\nclass X(B): ...",
        "class Top: ...\nclass Base(Top): ...\nclass Mixin: ...\nclass X(Base, Mixin): ...",
        "class Top: ...\nclass A(Top): ...\nclass B(Top): ...\nclass X(A, B): ...",
        "class O: ...\nclass A(O): ...\nclass B(O): ...\nclass C(O): ...\nclass K1(A, B): ...\nclass K2(C, B): ...\nclass X(K1, K2): ...",
        "import abc\nclass A(abc.ABC): ...\nclass B: ...\nclass X(B, A): ...",
    ],
    ids=["chain", "mixin", "diamond", "two ways", "of another package"],
)
def test_it_is_that_of_python(tmp_path: Path, text: str) -> None:
    made: dict[str, type] = {}
    exec(text, made)
    expected = [cls.__name__ for cls in made["X"].__mro__ if cls.__name__ in made]
    assert order(tmp_path, text, "X") == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("class A: ...\nclass B(A): ...\nclass X(A, B): ...", ["X", "A", "B"]),
        ("class X(Y): ...\nclass Y(X): ...", ["X", "Y"]),
        ("class X(X): ...", ["X"]),
        ("class X(unknown.Base, Missing): ...", ["X"]),
    ],
    ids=["refused", "cycle", "itself", "unseen"],
)
def test_what_python_refuses_has_an_end(tmp_path: Path, text: str, expected: list[str]) -> None:
    assert order(tmp_path, text, "X") == expected


def test_a_tower_of_diamonds_is_cut_off(tmp_path: Path) -> None:
    text = "class A0: ...\nclass B0: ...\n" + "".join(
        f"class A{n}(A{n - 1}, B{n - 1}): ...\nclass B{n}(A{n - 1}, B{n - 1}): ...\n" for n in range(1, 60)
    )
    assert len(order(tmp_path, text, "A59")) == 64
