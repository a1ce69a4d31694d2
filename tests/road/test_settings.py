"""What a person says in the code and in the settings is obeyed, and what comes to nothing is said."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from pitstop import cli
from pitstop.data import Finding, Location, Report
from pitstop.problems import Problem, discover
from pitstop.project import Project
from pitstop.traces.store import Traces
from tests.road.service import write

MAIN = """\
    import time

    import requests
    from fastapi import FastAPI

    app = FastAPI()


    @app.get("/slow")
    async def slow() -> dict[str, int]:
        time.sleep(0.03)
        return {"slow": 1}


    @app.get("/pages")
    async def pages() -> str:
        return requests.get("http://127.0.0.1:1/", timeout=3).text


    @app.get("/tags")
    def tags():
        return [{"name": f"tag {number}"} for number in range(300)]
"""
BLOCKS, LIST = "blocking-call-in-async", "missing-response-model"


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("XDG_STATE_HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, str(tmp_path / name))
    return write(tmp_path / "service", {"main.py": MAIN})


def inspected(root: Path, captured: pytest.CaptureFixture[str], *arguments: str) -> Report:
    code = cli.main(["inspect", str(root), "--format", "json", "--quiet", *arguments])
    said = captured.readouterr()
    assert code in (0, 1), said.err
    return msgspec.json.decode(said.out, type=Report)


def places(report: Report) -> list[tuple[str, int]]:
    return sorted((finding.problem, finding.location.line) for finding in report.findings)


SLEEP = "        time.sleep(0.03)\n"
GET = '        return requests.get("http://127.0.0.1:1/", timeout=3).text\n'


def test_nothing_said_nothing_ignored(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report = inspected(root, capsys)
    assert places(report) == [(BLOCKS, 11), (BLOCKS, 17), (LIST, 21)]
    assert not report.skipped


def test_ignore_inline_and_alone(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = MAIN.replace(SLEEP, SLEEP.replace("\n", f"  # pitstop: ignore[{BLOCKS}]\n"))
    text = text.replace(GET, f"        # pitstop: ignore[{BLOCKS}]\n" + GET)
    report = inspected(write(root, {"main.py": text}), capsys)
    assert places(report) == [(LIST, 22)]
    assert not report.skipped


def test_ignore_of_another_problem_covers_nothing_and_is_said(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = MAIN.replace(SLEEP, SLEEP.replace("\n", f"  # pitstop: ignore[{LIST}]\n"))
    text = text.replace(GET, GET.replace("\n", "  # pitstop: ignore[blocking]\n"))
    text = text.replace("def tags():", "def tags():  # pitstop: ignore")
    report = inspected(write(root, {"main.py": text}), capsys)
    assert len(report.findings) == 3
    said = {each.subject: each.reason for each in report.skipped}
    assert f"`ignore[{LIST}]` covers no finding" in said["main.py:11"]
    assert "names no problem pitstop knows" in said["main.py:17"]
    assert "names no problem; write" in said["main.py:21"]


def test_ignore_of_what_was_not_looked_for_is_not_called_unused(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = MAIN.replace(SLEEP, SLEEP.replace("\n", f"  # pitstop: ignore[{BLOCKS}]\n"))
    write(root, {"main.py": text, "pitstop.toml": f'select = ["{LIST}"]\n'})
    report = inspected(root, capsys)
    assert [problem for problem, _ in places(report)] == [LIST]
    assert not report.skipped


def test_select_ignore_and_exclude(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def settings(text: str) -> list[str]:
        write(root, {"pyproject.toml": f"[tool.pitstop]\n{text}\n"})
        return [finding.problem for finding in inspected(root, capsys).findings]

    assert settings(f'select = ["{LIST}"]') == [LIST]
    assert settings(f'ignore = ["{LIST}"]') == [BLOCKS, BLOCKS]
    write(root, {"scripts/more.py": MAIN})
    assert settings("").count(LIST) == 2
    assert settings('exclude = ["scripts"]').count(LIST) == 1


def test_a_rule_that_fails_is_said_and_the_others_go_on(
    root: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(_project: Project) -> list[Finding]:
        raise ZeroDivisionError("oh")

    broken: dict[str, Problem] = {
        **discover(),
        BLOCKS: msgspec.structs.replace(discover()[BLOCKS], rule=fails),
    }
    monkeypatch.setattr("pitstop.problems.diagnosis.discover", lambda: broken)
    report = inspected(root, capsys)
    assert [problem for problem, _ in places(report)] == [LIST]
    (skipped,) = report.skipped
    assert skipped.subject == BLOCKS
    assert "ZeroDivisionError: oh" in skipped.reason


def test_a_fault_of_pitstops_own_does_not_cost_what_is_known(
    root: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def fails(*_: object, **__: object) -> None:
        raise ZeroDivisionError("oh")

    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr("pitstop.target.discover.discover", fails)
    code = cli.main(["tune", str(root), "--quiet"])
    said = capsys.readouterr()
    assert code == 4
    assert "ZeroDivisionError: oh" in said.err
    assert LIST in said.out


def test_a_comment_for_what_only_measuring_shows_is_not_called_unused(
    root: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    name = "n-plus-one-loop"

    def detected(_traces: Traces, _project: Project) -> list[Finding]:
        place = Location(path="main.py", line=5)
        return [
            Finding(
                id="seen", problem=name, domain="database", severity="high", confidence="certain",
                message="seen in the traces alone", location=place,
            )
        ]  # fmt: skip

    problem = msgspec.structs.replace(discover()[name], rule=lambda _: (), detector=detected)
    monkeypatch.setattr("pitstop.problems.diagnosis.discover", lambda: {name: problem})
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    test = """
        from fastapi.testclient import TestClient
        from main import app

        def test_tags():
            assert TestClient(app).get("/tags").is_success
    """
    write(root, {"main.py": MAIN, "test_main.py": test})

    def measured() -> Report:
        cli.main(["measure", str(root), "--format", "json", "--quiet"])
        return msgspec.json.decode(capsys.readouterr().out, type=Report)

    assert [finding.id for finding in measured().findings] == ["seen"]
    write(root, {"main.py": MAIN.replace("app = FastAPI()", f"app = FastAPI()  # pitstop: ignore[{name}]").replace("\n\n    app =", "\n    app =")})  # fmt: skip
    ignored = measured()
    assert not ignored.findings
    assert not ignored.skipped
