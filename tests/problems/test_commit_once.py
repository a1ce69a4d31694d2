"""`commit-in-loop`: the commit that leaves its loop, and what keeps it there."""

from __future__ import annotations

from pathlib import Path

import pytest

from .trees import apply, is_formatted, proposals, reason, service, write

COMMIT = "commit-in-loop"
HEAD = '@app.post("/totals")\ndef totals(ids: list[int], session: SessionDep) -> None:\n'
ASYNC_HEAD = '@app.post("/totals")\nasync def totals(ids: list[int], session: AsyncSessionDep) -> None:\n'
LOOP = "    for one in ids:\n"
CHANGED = LOOP + "        order = session.get_one(Order, one)\n        order.total = 0\n"


def mended(root: Path, body: str, head: str = HEAD, **others: str) -> str:
    """The body of the handler after the only repair."""
    write(root, service(head + body, **others))
    (patch,) = proposals(root, COMMIT)
    assert not hasattr(patch, "reason"), patch
    apply(root, patch)
    return (root / "app" / "main.py").read_text().partition(head)[2]


@pytest.mark.parametrize(
    ("body", "after"),
    [
        (CHANGED + "        session.commit()\n", CHANGED + "    session.commit()\n"),
        # the empty line that set it off goes, the comments on it go with it
        (
            CHANGED + "\n        # written at once\n        session.commit()  # all of it\n\n    print(ids)\n",
            CHANGED + "    # written at once\n    session.commit()  # all of it\n\n    print(ids)\n",
        ),
        # one that follows already does
        (
            CHANGED + "        session.commit()\n    session.commit()\n",
            CHANGED + "    session.commit()\n",
        ),
        # a test decides, and ends the turn
        (
            LOOP
            + "        if one:\n            session.add(Order(total=one))\n            session.commit()\n    print(ids)\n",
            LOOP + "        if one:\n            session.add(Order(total=one))\n    session.commit()\n    print(ids)\n",
        ),
        # a turn without changes
        (
            LOOP
            + "        order = session.get(Order, one)\n        if order is None:\n            continue\n        order.total = 0\n        session.commit()\n",
            LOOP
            + "        order = session.get(Order, one)\n        if order is None:\n            continue\n        order.total = 0\n    session.commit()\n",
        ),
        # out of both loops
        (
            LOOP
            + "        for total in (one, 2):\n            session.add(Order(total=total))\n            session.commit()\n",
            LOOP + "        for total in (one, 2):\n            session.add(Order(total=total))\n    session.commit()\n",
        ),
        # what only collects needs no id
        (
            "    made = []\n"
            + LOOP
            + "        order = Order(total=one)\n        session.add(order)\n        session.commit()\n        made.append(order)\n",
            "    made = []\n"
            + LOOP
            + "        order = Order(total=one)\n        session.add(order)\n        made.append(order)\n    session.commit()\n",
        ),
        # a new row's id is there after a flush
        (
            "    made = []\n"
            + LOOP
            + "        order = Order(total=one)\n        session.add(order)\n        session.commit()\n        session.refresh(order)\n"
            + "        made.append(order)\n        # of the loop\n    print(made)\n",
            "    made = []\n"
            + LOOP
            + "        order = Order(total=one)\n        session.add(order)\n        session.flush()\n        session.refresh(order)\n"
            + "        made.append(order)\n        # of the loop\n    session.commit()\n    print(made)\n",
        ),
        (
            LOOP
            + "        order = Order(total=one)\n        session.add(order)\n        session.commit()\n        print(order.id)\n",
            LOOP
            + "        order = Order(total=one)\n        session.add(order)\n        session.flush()\n        print(order.id)\n    session.commit()\n",
        ),
        # through a function that only works on values
        (
            CHANGED.replace("= 0", "= nothing(one)") + "        session.commit()\n\n\ndef nothing(of: int) -> int:\n    return min(of, 0)\n",
            CHANGED.replace("= 0", "= nothing(one)") + "    session.commit()\n\n\ndef nothing(of: int) -> int:\n    return min(of, 0)\n",
        ),
    ],
)  # fmt: skip
def test_the_commit_leaves_the_loop(body: str, after: str, tmp_path: Path) -> None:
    assert mended(tmp_path, body) == after
    assert is_formatted(tmp_path, ["app/main.py"], 140)


def test_rows_are_flushed_for_later_turns_where_queries_do_not_flush_them(tmp_path: Path) -> None:
    body = CHANGED + "        session.commit()\n"
    after = mended(tmp_path, body, quiet="KEYWORDS = dict(autoflush=False)\n")
    assert after == CHANGED + "        session.flush()\n    session.commit()\n"
    only_written = LOOP + "        session.add(Order(total=one))\n        session.commit()\n"
    after = mended(tmp_path, only_written, quiet="KEYWORDS = dict(autoflush=False)\n")
    assert after == LOOP + "        session.add(Order(total=one))\n    session.commit()\n"


def test_an_asynchronous_session_has_to_keep_its_objects(tmp_path: Path) -> None:
    body = LOOP + "        session.add(Order(total=one))\n        await session.commit()\n"
    write(tmp_path, service(ASYNC_HEAD + body))
    assert "expire_on_commit" in reason(tmp_path, COMMIT)
    after = mended(tmp_path, body, ASYNC_HEAD, kept='KEYWORDS = {"expire_on_commit": False}\n')
    assert after == LOOP + "        session.add(Order(total=one))\n    await session.commit()\n"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (LOOP + "        try:\n            session.add(Order(total=one))\n        finally:\n            print(one)\n        session.commit()\n", "its own errors"),
        (LOOP + "        try:\n            session.add(Order(total=one))\n            session.commit()\n        except ValueError:\n            print(one)\n", "block of its own on each turn"),
        (LOOP + "        if one < 0:\n            raise ValueError\n        session.add(Order(total=one))\n        session.commit()\n", "end in an error"),
        (LOOP + "        if one < 0:\n            return\n        session.add(Order(total=one))\n        session.commit()\n", "left on the way"),
        (LOOP + "        session.add(Order(total=one))\n        if one:\n            continue\n        session.commit()\n", "before its commit"),
        (LOOP + "        order = make_order(one)\n        if order.total:\n            continue\n        session.commit()\n\n\ndef make_order(of: int) -> Order:\n    return Order(total=of)\n", "before its commit"),
        (LOOP + "        session.add(Order(total=one))\n        if one % 2 == 0:\n            session.commit()\n", "batches"),
        (LOOP + "        if one:\n            session.add(Order(total=one))\n            session.commit()\n        print(one)\n        session.add(Order(total=2))\n", "more happens after"),
        (LOOP + "        if one:\n            session.add(Order(total=one))\n            session.commit()\n            print(one)\n", "more happens after"),
        (LOOP + "        session.add(Order(total=one))\n        session.commit()\n        session.add(Order(total=2))\n", "count on it"),
        (LOOP + "        session.add(Order(total=one))\n        session.commit()\n        tell(one)\n\n\ndef tell(one: int) -> None:\n    print(one)\n", "count on it"),
        (LOOP + "        order = Order(total=one)\n        session.add(order)\n        session.commit()\n        order.total = 3\n", "more is changed"),
        (LOOP + "        session.add(Order(total=one))\n        session.rollback()\n        session.commit()\n", "`session.rollback`"),
        (LOOP + "        session.add(Order(total=told(one)))\n        session.commit()\n\n\ndef told(one: int) -> int:\n    import httpx\n\n    return int(httpx.get('http://x').text)\n", "`told`"),
        (LOOP + "        with session.no_autoflush:\n            session.add(Order(total=one))\n        session.commit()\n", "enters a block"),
        (LOOP + "        session.commit()\n", "nothing but the commit"),
        (LOOP + "        session.add(Order(total=one))\n        session.commit()\n    else:\n        print(ids)\n", "`else`"),
        ("    session.add(Customer(email='a'))\n" + LOOP + "        session.add(Order(total=one))\n        session.commit()\n", "before the loop"),
        ("    first = session.get_one(Order, 1)\n    first.total = 2\n" + LOOP + "        session.add(Order(total=one))\n        session.commit()\n", "before the loop"),
        ("    make(session)\n" + LOOP + "        session.add(Order(total=one))\n        session.commit()\n\n\ndef make(session: SessionDep) -> None:\n    session.add(Order(total=1))\n", "before the loop"),
        (LOOP + "        for total in (one, 2):\n            session.add(Order(total=total))\n            session.commit()\n        session.add(Order(total=3))\n", "which of the two"),
        (LOOP + "        make(session, one)\n\n\ndef make(session: SessionDep, one: int) -> None:\n    session.add(Order(total=one))\n    session.commit()\n", "`make` commits for whoever calls it"),
        ("    for one in made(session, ids):\n        session.add(Order(total=one))\n        session.commit()\n\n\ndef made(session: SessionDep, ids: list[int]):\n    for each in ids:\n        session.add(Order(total=each))\n        yield each\n", "`made` makes between its turns"),
    ],
)  # fmt: skip
def test_the_commit_stays_where_more_hangs_on_it(body: str, words: str, tmp_path: Path) -> None:
    write(tmp_path, service(HEAD + body))
    (given,) = {getattr(each, "reason", "a patch") for each in proposals(tmp_path, COMMIT)}
    assert words in given


def test_what_was_committed_before_the_loop_does_not_hang_on_it(tmp_path: Path) -> None:
    before = "    session.add(Customer(email='a'))\n    session.commit()\n"
    body = LOOP + "        session.add(Order(total=one))\n        session.commit()\n"
    assert mended(tmp_path, before + body) == before + LOOP + "        session.add(Order(total=one))\n    session.commit()\n"  # fmt: skip
