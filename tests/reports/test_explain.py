"""Explain: pages are found by folder, names are forgiving, unknown ones get help."""

from __future__ import annotations

from pathlib import Path

import pytest

from pitstop.errors import UsageError
from pitstop.reports import explain


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for place, text in {
        "async_/client_per_request": "# client-per-request\n\n## What it is\n\nA client is built for\neach request. It costs.\n",
        "database/n_plus_one_loop": "# n-plus-one-loop\n\nOne query a row.\n\n```python\nx\n```\n",
        "database/missing_index": "# missing-index\n",
    }.items():
        (tmp_path / place).mkdir(parents=True)
        (tmp_path / place / "README.md").write_text(text)
    (tmp_path / "database" / "n_plus_one_loop" / "cases" / "deep").mkdir(parents=True)
    (tmp_path / "database" / "n_plus_one_loop" / "cases" / "deep" / "README.md").write_text("no problem")
    (tmp_path / "README.md").write_text("no problem")
    return tmp_path


def test_pages_are_named_as_the_problem_is(folder: Path) -> None:
    assert list(explain.pages(folder)) == ["client-per-request", "missing-index", "n-plus-one-loop"]


@pytest.mark.parametrize("name", ["n-plus-one-loop", "n_plus_one_loop", " N-Plus-One-Loop "])
def test_a_page_is_found_however_it_is_written(folder: Path, name: str) -> None:
    assert explain.page(name, folder).startswith("# n-plus-one-loop")


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("n-plus-one", "Did you mean `n-plus-one-loop`?"),
        ("missing-indexes", "Did you mean `missing-index`?"),
        ("../../etc/passwd", "`pitstop explain` lists all problems."),
        ("", "`pitstop explain` lists all problems."),
    ],
)
def test_an_unknown_name_gets_the_nearest(folder: Path, name: str, hint: str) -> None:
    with pytest.raises(UsageError) as caught:
        explain.page(name, folder)
    assert caught.value.hint == hint


def test_the_list_has_a_line_each(folder: Path) -> None:
    assert [line.rstrip() for line in explain.listing(folder).splitlines()] == [
        "client-per-request  A client is built for each request.",
        "missing-index",
        "n-plus-one-loop     One query a row.",
    ]


def test_names_from_elsewhere_are_checked_and_their_source_is_said(folder: Path) -> None:
    explain.known(("missing-index",), "ignore", folder)
    with pytest.raises(UsageError, match="ignore: there is no problem `missing-indx`"):
        explain.known(("missing-index", "missing-indx"), "ignore", folder)


def test_a_page_is_set_for_the_terminal() -> None:
    page = explain.render("# Title\n\nSome *text*.\n", width=60)
    assert "\x1b[" in page
    assert "*text*" not in page
