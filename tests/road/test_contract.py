"""`pitstop contract`: documents in files, in commits, and as the service makes them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.contract.documents import of
from tests.road.command import Home, snapshot
from tests.road.small import lay_small
from tests.road.test_tune import git

pytestmark = pytest.mark.xdist_group("road-contract")

PARAMETER = {"name": "q", "in": "query", "schema": {"type": "string"}}
BASE = of({"parameters": [PARAMETER], "responses": {}})
HEAD = of({"parameters": [{**PARAMETER, "required": True}], "responses": {}})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "documents"
    folder.mkdir()
    (folder / "base.json").write_text(json.dumps(BASE))
    (folder / "head.json").write_text(json.dumps(HEAD), "utf-8-sig")
    return folder


def test_files(home: Home, folder: Path) -> None:
    ended = home.run("contract", "base.json", "head.json", "--format", "json", cwd=folder)
    assert ended.code == 1, ended.err
    contract = ended.report().contract
    assert contract is not None
    assert (contract.before, contract.after) == ("base.json", "head.json")
    assert [each.rule for each in contract.changes] == ["request-parameter-became-required"]
    ended = home.run("contract", "head.json", "base.json", cwd=folder)
    assert ended.code == 0, ended.out
    assert "the query parameter `q` need no longer be sent" in ended.out
    assert "1 that break nothing" in ended.out


def test_files_of_commits(home: Home, folder: Path) -> None:
    git(folder, "init", "-q", "-b", "main")
    git(folder, "add", ".")
    git(folder, "commit", "-qm", "first")
    (folder / "base.json").write_text(json.dumps(HEAD))
    ended = home.run("contract", "main:base.json", "base.json", cwd=folder)
    assert ended.code == 1
    assert "main:base.json → base.json" in ended.out
    ended = home.run("contract", "main:other.json", "base.json", cwd=folder)
    assert (ended.code, ended.out) == (2, ended.out)
    assert "main has no file other.json" in ended.err


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "is no JSON"),
        ("[]", "is no OpenAPI document of version 3"),
        ('{"swagger": "2.0"}', "is no OpenAPI document of version 3"),
        (None, "cannot be read"),
    ],
)
def test_files_that_are_no_document(home: Home, folder: Path, text: str | None, said: str) -> None:
    if text is not None:
        (folder / "other.json").write_text(text)
    ended = home.run("contract", "base.json", "other.json", cwd=folder)
    assert ended.code == 2
    assert f"other.json {said}" in ended.err


def test_the_service_at_two_commits(home: Home, tmp_path: Path) -> None:
    root = lay_small(tmp_path / "service")
    git(root, "init", "-q", "-b", "main")
    git(root, "add", ".")
    git(root, "commit", "-qm", "first")
    main = root / "main.py"
    main.write_text(main.read_text().replace("slow() -> dict[str, int]", "slow(q: int) -> dict[str, float]"))
    git(root, "commit", "-qam", "second")
    main.write_text(main.read_text().replace("q: int", "other: int"))  # not committed, and so not looked at
    before = snapshot(root)
    ended = home.run("contract", "main~1..main", "--path", str(root), "--format", "json")
    assert ended.code == 1, ended.err
    assert snapshot(root) == before
    contract = ended.report().contract
    assert contract is not None
    assert {(each.operation, each.rule) for each in contract.changes} >= {
        ("GET /slow", "request-required-parameter-added"),
        ("GET /slow", "response-property-type-widened"),
    }
