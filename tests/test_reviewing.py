"""`pitstop review` from the command line, in a repository."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from pitstop import cli
from pitstop.data import Report
from tests.patching.test_git import git

Captured = pytest.CaptureFixture[str]
QUICK = """from fastapi import FastAPI

app = FastAPI()


@app.get("/a")
async def a() -> int:
    return 1
"""
OLD = """

@app.get("/old")
async def old() -> int:
    time.sleep(1)
    return 1
"""
NEW = OLD.replace("old", "new")
BUDGETS = '[tool.pitstop.budgets]\n"GET /a" = { max_statements = %s }\n'


@pytest.fixture(name="service")
def _service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A service in a folder of a repository, with a main branch that has a finding."""
    root = tmp_path / "repo" / "services" / "a"
    root.mkdir(parents=True)
    git(tmp_path / "repo", "init", "-q", "-b", "main")
    (root / "main.py").write_text("import time\n" + QUICK + OLD)
    (root / "pyproject.toml").write_text('[project]\nname = "a"\ndependencies = ["fastapi"]\n' + BUDGETS % 5)
    commit(root, "first")
    monkeypatch.chdir(root)
    return root


def commit(root: Path, message: str) -> None:
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", message)


def reviewed(capsys: Captured, *arguments: str, code: int) -> Report:
    assert cli.main(["review", *arguments, "--only-read", "--format", "json", "--quiet"]) == code
    return msgspec.json.decode(capsys.readouterr().out, type=Report)


def test_what_a_branch_brings_is_told_committed_or_not_and_nothing_that_was_there(
    service: Path, capsys: Captured
) -> None:
    git(service, "checkout", "-q", "-b", "feature")
    with (service / "main.py").open("a") as file:
        file.write(NEW)
    commit(service, "new")
    (service / "late.py").write_text("import time\nfrom main import app\n" + NEW.replace("new", "late"))
    report = reviewed(capsys, code=1)
    assert report.review is not None
    assert {each.route for each in report.findings} == {"GET /new", "GET /late"}
    assert (report.review.base, report.review.head, report.review.files) == ("main", "the work tree", 2)
    assert report.project.folder == "services/a"
    (first, *_) = report.review.follow_ups
    assert first.startswith("`pitstop prove ")
    assert 1 <= len(report.review.follow_ups) <= 3


def test_what_a_change_mends_is_told_and_green(service: Path, capsys: Captured) -> None:
    (service / "main.py").write_text("import time\n" + QUICK)
    report = reviewed(capsys, code=0)
    assert report.review is not None
    assert (report.findings, report.review.gone, report.review.base) == (
        (),
        {"blocking-call-in-async": 1},
        "HEAD",
    )


def test_a_change_that_does_no_harm_is_met_with_silence(service: Path, capsys: Captured) -> None:
    (service / "main.py").write_text("import time\n\n# about time\n" + QUICK + OLD)
    report = reviewed(capsys, code=0)
    assert report.review is not None
    assert (report.findings, report.skipped, report.review.gone) == ((), (), {})
    assert (report.review.questions, report.review.decisions, report.review.budgets) == ((), (), ())
    assert cli.main(["review", "--only-read", "--format", "concise", "--quiet"]) == 0
    assert capsys.readouterr().out == "Nothing brought\n"


def test_two_commits_are_compared_whatever_lies_in_the_tree(service: Path, capsys: Captured) -> None:
    (service / "main.py").write_text("import time\n" + QUICK)
    commit(service, "mended")
    (service / "main.py").write_text("import time\n" + QUICK + OLD + NEW)
    report = reviewed(capsys, "HEAD..HEAD~1", code=1)
    assert [each.route for each in report.findings] == ["GET /old"]
    assert reviewed(capsys, "HEAD~1..HEAD", code=0).findings == ()
    assert (service / "main.py").read_text().endswith(NEW), "the tree stays as it is"
    assert git(service, "status", "--porcelain").strip() == "M services/a/main.py"


def test_a_budget_that_is_loosened_is_no_green_and_a_tighter_one_is(service: Path, capsys: Captured) -> None:
    text = (service / "pyproject.toml").read_text()
    (service / "pyproject.toml").write_text(text.replace("= 5", "= 8"))
    report = reviewed(capsys, code=1)
    assert report.review is not None
    (looser,) = report.review.budgets
    assert (looser.budget, looser.before, looser.after, looser.is_looser) == ("GET /a", 5, 8, True)
    (service / "pyproject.toml").write_text(text.replace("= 5", "= 3"))
    assert not reviewed(capsys, code=0).review.budgets[0].is_looser  # type: ignore[union-attr] # it is a review
    (service / "pyproject.toml").write_text(text.replace(BUDGETS % 5, ""))
    assert reviewed(capsys, code=1).review.budgets[0].after is None  # type: ignore[union-attr] # it is a review


def test_a_package_is_for_a_person_to_decide_and_a_record_is_drafted(
    service: Path, tmp_path: Path, capsys: Captured
) -> None:
    text = (service / "pyproject.toml").read_text()
    (service / "pyproject.toml").write_text(
        text.replace('["fastapi"]', '["fastapi", "Celery>=5; python_version > \'3\'"]')
    )
    record = tmp_path / "record.md"
    report = reviewed(capsys, "--adr", str(record), code=0)
    assert report.review is not None
    assert [(each.kind, each.text) for each in report.review.decisions] == [
        ("package", "the service depends on `celery` now")
    ]
    assert "- package: the service depends on `celery` now (`pyproject.toml:3`)\n" in record.read_text()
    (service / "pyproject.toml").write_text(text)
    (service / "main.py").write_text("import time\n" + QUICK)
    record.unlink()
    reviewed(capsys, "--adr", str(record), code=0)
    assert not record.exists(), "where there is nothing to decide there is no record"


def test_a_file_that_was_broken_before_is_nothing_that_the_change_brings(
    service: Path, capsys: Captured
) -> None:
    (service / "broken.py").write_text("def (:\n")
    commit(service, "broken")
    (service / "main.py").write_text("import time\n\n# about time\n" + QUICK + OLD)
    assert reviewed(capsys, code=0).skipped == ()
    (service / "worse.py").write_text("def (:\n")
    assert [each.subject for each in reviewed(capsys, code=1).skipped] == ["worse.py"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere"], "there is no commit nowhere"),
        (["a..nowhere"], "there is no commit a"),
        (["./"], "is a folder"),
    ],
)
def test_what_there_is_not_is_said(
    service: Path, arguments: list[str], message: str, capsys: Captured
) -> None:
    assert service
    assert cli.main(["review", *arguments]) == 2
    assert message in capsys.readouterr().err


def test_without_a_repository_that_is_said(tmp_path: Path, capsys: Captured) -> None:
    (tmp_path / "main.py").write_text(QUICK)
    assert cli.main(["review", "--path", str(tmp_path)]) == 2
    assert "is not in a git repository" in capsys.readouterr().err


def test_a_first_service_brings_all_that_is_found(tmp_path: Path, capsys: Captured) -> None:
    git(tmp_path, "init", "-q", "-b", "main")
    (tmp_path / "README.md").write_text("soon\n")
    commit(tmp_path, "first")
    (tmp_path / "main.py").write_text("import time\n" + QUICK + OLD)
    assert len(reviewed(capsys, "--path", str(tmp_path), code=1).findings) == 1


def test_packages_are_those_of_all_files_together(service: Path, capsys: Captured) -> None:
    (service / "requirements.in").write_text(
        "fastapi\nredis>=5 # a comment\ngit+https://host.example/team/Mave_Core.git@main#subdirectory=x\n"
    )
    (service / "requirements.txt").write_text(
        "redis==5.0.1\n-r requirements.in\nhttps://host.example/a/b.whl#egg=Other\n"
    )
    commit(service, "packages")
    git(service, "mv", "requirements.in", "requirements-base.in")
    (service / "requirements.txt").write_text(
        "celery==5\nredis==5.0.2\nhttps://host.example/a/b.whl#egg=Other\n"
    )
    report = reviewed(capsys, code=0)
    assert report.review is not None
    assert [each.text for each in report.review.decisions] == ["the service depends on `celery` now"]
    (service / "requirements-base.in").write_text("fastapi\n")
    report = reviewed(capsys, code=0)
    assert report.review is not None
    assert [each.text for each in report.review.decisions] == [
        "the service depends on `celery` now",
        "the service depends on `mave-core` no longer",
    ]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("examples/requirements.txt", "gradio\n"),
        ("worker/pyproject.toml", "[project]\nname = 'w'\ndependencies = ['gradio']\n"),
        ("requirements-dev.txt", "gradio\n"),
        ("requirements/tests.txt", "gradio\n"),
        ("requirements.lock.txt", "gradio\n"),
        ("requirements.txt", "# This file is autogenerated by pip-compile with Python 3.12\ngradio==5.0\n"),
        ("requirements.txt", "--index-url x\n\n# gradio\nfastapi\n"),
    ],
)
def test_what_the_service_does_not_depend_on_is_no_decision(
    service: Path, path: str, text: str, capsys: Captured
) -> None:
    (service / path).parent.mkdir(exist_ok=True)
    (service / path).write_text(text)
    report = reviewed(capsys, code=0)
    assert report.review is not None
    assert report.review.decisions == ()
    (service / "requirements").mkdir(exist_ok=True)
    (service / "requirements" / "base.txt").write_text("fastapi\n\ngradio>=5\n")
    report = reviewed(capsys, code=0)
    assert report.review is not None
    assert [(each.text, each.path, each.line) for each in report.review.decisions] == [
        ("the service depends on `gradio` now", "requirements/base.txt", 3)
    ]


def test_many_packages_at_once_are_one_decision(service: Path, capsys: Captured) -> None:
    (service / "requirements.txt").write_text("celery\nredis\nhttpx\norjson\n")
    report = reviewed(capsys, code=0)
    assert report.review is not None
    assert [each.text for each in report.review.decisions] == [
        "the service depends on `celery`, `httpx`, `orjson`, `redis` now"
    ]


def test_packages_of_a_first_service_are_no_decision(tmp_path: Path, capsys: Captured) -> None:
    git(tmp_path, "init", "-q", "-b", "main")
    (tmp_path / "script.py").write_text("print('soon')\n")
    commit(tmp_path, "first")
    (tmp_path / "main.py").write_text("import time\n" + QUICK)
    (tmp_path / "requirements.txt").write_text("fastapi\n")
    report = reviewed(capsys, "--path", str(tmp_path), code=0)
    assert report.review is not None
    assert report.review.decisions == ()


def test_a_whole_hash_is_told_in_short(service: Path, capsys: Captured) -> None:
    whole = git(service, "rev-parse", "HEAD").strip()
    report = reviewed(capsys, f"{whole}..HEAD", code=0)
    assert report.review is not None
    assert (report.review.base, report.review.head) == (whole[:12], "HEAD")


def test_what_nobody_reads_need_not_be_there(service: Path, capsys: Captured) -> None:
    (service / "logo.PNG").write_bytes(b"\x89PNG")
    (service / "quick.sh").write_text("true\n")
    commit(service, "logo")
    (service / "main.py").write_text("import time\n" + QUICK + OLD + NEW)
    for name, code in (("logo.PNG", 1), ("quick.sh", 2)):
        blob = git(service, "rev-parse", f"HEAD:./{name}").strip()
        (service.parents[1] / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
        assert cli.main(["review", "--only-read", "--format", "concise"]) == code
    assert "cannot be read: git checkout-index failed" in capsys.readouterr().err
