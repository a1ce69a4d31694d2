"""The mutation suite is what it says: its mutants fit, there are enough of each, and the proof is asked of them."""

from __future__ import annotations

import ast
from collections import Counter
from pathlib import Path

import pytest

from bench import mutations
from bench.mutations import KINDS, MUTANTS, Mutant, Result, judged, mutants, patch, services, summary

ALL = [each for service in services() for each in mutants(service)]


def test_there_are_enough_of_each_over_five_services() -> None:
    assert len(services()) == 5
    assert all((MUTANTS / service / "tests").is_dir() for service in services())
    counts = Counter(each.what for each in ALL)
    assert counts["change"] >= 200
    assert counts["rewrite"] >= 200
    assert Counter(each.service for each in ALL).most_common()[-1][1] >= 80
    told = f"{counts['change']} changes of behaviour and {counts['rewrite']} equivalent rewrites"
    for page in ("README.md", "docs/proof.md"):
        assert told in " ".join((MUTANTS.parents[1] / page).read_text("utf-8").split())


def test_changes_are_of_all_kinds() -> None:
    counts = Counter(each.kind for each in ALL if each.what == "change")
    assert set(counts) == set(KINDS)
    assert min(counts.values()) >= 3
    assert len({each.kind for each in ALL if each.what == "rewrite"}) >= 10


@pytest.mark.parametrize("service", services())
def test_each_mutant_fits_its_service_and_can_be_read(service: str) -> None:
    for each in mutants(service):
        made = patch(each)
        (change,) = made.changes
        assert change.after is not None
        assert change.before is not None
        assert (
            ast.dump(ast.parse(change.after)) != ast.dump(ast.parse(change.before)) or each.kind == "comment"
        )
        assert (made.aims, made.routes) == ((), ())


def test_no_two_mutants_are_the_same() -> None:
    texts = Counter((each.service, each.file, each.before, each.after) for each in ALL)
    assert [key for key, count in texts.items() if count > 1] == []


def test_a_text_that_occurs_twice_is_refused() -> None:
    mutant = Mutant(
        service="orders", what="change", name="x", kind="value", file="x.py", before="a", after="b"
    )
    assert mutant.changed("xay") == "xby"
    with pytest.raises(ValueError, match=r"occurs 2 times in x\.py"):
        mutant.changed("aa")


def test_mutants_are_judged_by_the_proof() -> None:
    wanted = {"answer": "Changed", "equal": "Proved", "idle": "Unproven"}
    rows = {
        "answer": ('return {"status": "ok"}', 'return {"status": "fine"}'),
        "equal": ('return {"status": "ok"}', 'return dict(status="ok")'),
        "idle": ('ORDERS_DATABASE_URL", "sqlite://"', 'ORDERS_DATABASE_URL", "sqlite:///:memory:"'),
    }
    given = [
        Mutant(
            service="orders", what="change", name=name, kind="value",
            file="orders/models.py" if name == "idle" else "orders/main.py",
            before=before, after=after,
        )
        for name, (before, after) in rows.items()
    ]  # fmt: skip
    found = {mutant.name: type(verdict).__name__ for mutant, verdict, _ in judged("orders", given)}
    assert found == wanted


def result(what: mutations.What, name: str, verdict: str) -> Result:
    return Result(
        service="orders", what=what, name=name, kind="value", verdict=verdict, reason="because", seconds=60.0, digest=name
    )  # fmt: skip


def test_what_was_judged_wrongly_is_named(tmp_path: Path) -> None:
    found = [
        result("change", "a", "Changed"),
        result("change", "b", "Unproven"),
        result("change", "c", "NotFaster"),
        result("rewrite", "d", "NotFaster"),
        result("rewrite", "e", "Changed"),
    ]
    text = "\n".join(summary(found))
    assert "wrong: orders c (change, value): NotFaster: because" in text
    assert "wrong: orders e (rewrite, value): Changed: because" in text
    assert text.count("wrong:") == 2
    assert "2 of 3 changes were caught" in text
    assert "1 of 2 rewrites were not called changed" in text
    file = tmp_path / "results.jsonl"
    assert mutations.known(file) == {}
    file.write_bytes(b"".join(mutations.written(each) for each in found))
    assert list(mutations.known(file).values()) == found
