"""`needless-refresh`: lines that are taken out, and those that may be there for something else."""

from __future__ import annotations

from pathlib import Path

import pytest

from pitstop.data import Patch

from .trees import check, proposals, service, write

REFRESH = "needless-refresh"
ROUTE = '@app.post("/customers")\ndef add(email: str, session: SessionDep) -> None:\n    row = Customer(email=email)\n    session.add(row)\n'


def made(root: Path, body: str, route: str = ROUTE) -> str:
    """What follows the beginning of the handler after the fix, or why there is none."""
    write(root, service(route + body))
    (one,) = proposals(root, REFRESH)
    if not isinstance(one, Patch):
        return one.reason
    check(root, one)
    return (one.changes[0].after or "").partition(route)[2]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("    session.commit()\n    session.refresh(row)\n", "    session.commit()\n"),
        (
            "    session.flush()\n    session.refresh(row)\n\n    # done\n    session.commit()\n",
            "    session.flush()\n\n    # done\n    session.commit()\n",
        ),
        (
            "    if email:\n        session.commit()\n        session.refresh(row)\n    else:\n        session.flush()\n        session.refresh(row)\n",
            # The first comes before a mention of the row in the text, and is left.
            "    if email:\n        session.commit()\n        session.refresh(row)\n    else:\n        session.flush()\n",
        ),
    ],
)
def test_taken_out(before: str, after: str, tmp_path: Path) -> None:
    assert made(tmp_path, before) == after


def test_awaited(tmp_path: Path) -> None:
    route = ROUTE.replace("def", "async def").replace("SessionDep", "AsyncSessionDep")
    body = "    await session.commit()\n    await session.refresh(row)\n"
    assert made(tmp_path, body, route) == "    await session.commit()\n"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("    session.refresh(row)\n    session.commit()\n", "may do so"),
        ("    other.commit()\n    session.refresh(row)\n", "may do so"),
        ("    session.commit()\n    print(email)\n    session.refresh(row)\n", "may do so"),
        ("    session.commit()\n    session.refresh(row)  # is it there?\n", "a comment"),
        ("    session.commit()\n    # is it there?\n    session.refresh(row)\n", "a comment"),
        (
            "    session.commit()\n    try:\n        session.refresh(row)\n    except ValueError:\n        pass\n",
            "may do so",
        ),
        ("    session.commit()\n    done = session.refresh(row)\n", "part of another"),
    ],
)
def test_declined(body: str, words: str, tmp_path: Path) -> None:
    assert words in made(tmp_path, body)
