"""Every format from the command line, of a service in a folder of its repository."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from pitstop import cli, output
from pitstop.reports import FORMATS

from .conftest import ONE_FINDING, FakePipeline

Captured = pytest.CaptureFixture[str]
SLOW = """import time

from fastapi import FastAPI

app = FastAPI()


@app.get("/items")
async def items() -> list[int]:
    time.sleep(1)
    return [1]
"""


@pytest.fixture(name="service")
def _service(tmp_path: Path) -> Path:
    service = tmp_path / "services" / "items"
    service.mkdir(parents=True)
    (service / "main.py").write_text(SLOW)
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    return service


@pytest.mark.parametrize("name", FORMATS)
def test_a_finding_is_told_in_each(name: str, service: Path, capsys: Captured) -> None:
    assert cli.main(["inspect", str(service), "--format", name, "--quiet"]) == 1
    said = capsys.readouterr().out
    assert "time.sleep" in said
    assert "main.py" in said
    assert ("services/items/main.py" in said) == (name in {"github", "gitlab", "sarif"})


def test_one_run_writes_as_many_as_are_wanted(service: Path, tmp_path: Path, capsys: Captured) -> None:
    told = [f"--report={name}={tmp_path / name}" for name in FORMATS]
    assert cli.main(["inspect", str(service), "--format", "concise", *told]) == 1
    for name in FORMATS:
        assert "time.sleep" in (tmp_path / name).read_text("utf-8")
    assert (tmp_path / "concise").read_text("utf-8") == capsys.readouterr().out
    ids = json.loads((tmp_path / "json").read_text("utf-8"))["findings"]
    assert all(ids[0]["id"] in (tmp_path / name).read_text("utf-8") for name in FORMATS)


@pytest.mark.usefixtures("pipeline", "here")
@pytest.mark.parametrize("given", ["sarif", "sarif=", "=x", "pdf=x"])
def test_a_wrong_one_is_said_before_any_work(given: str, pipeline: FakePipeline, capsys: Captured) -> None:
    assert cli.main(["inspect", "--report", given]) == 2
    assert "is not FORMAT=FILE" in capsys.readouterr().err
    assert pipeline.asked == []


def test_a_folder_that_is_not_there_is_said_before_any_work(
    here: Path, pipeline: FakePipeline, capsys: Captured
) -> None:
    assert cli.main(["inspect", "--report", f"json={here / 'no' / 'x.json'}"]) == 2
    assert "--report" in capsys.readouterr().err
    assert pipeline.asked == []


def test_one_that_cannot_be_written_in_the_end_costs_none_of_the_others(
    here: Path, pipeline: FakePipeline, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    replace = output._replace

    def full(path: Path, text: str) -> None:
        if path.name == "a":
            raise OSError(28, "No space left on device")
        replace(path, text)

    monkeypatch.setattr(output, "_replace", full)
    pipeline.report = ONE_FINDING
    assert cli.main(["inspect", "--report", "json=a", "--report", "json=b"]) == 2
    said = capsys.readouterr()
    assert "shop/models.py:3" in said.out
    assert "--report: a cannot be written: No space left" in said.err
    assert (here / "b").is_file()
