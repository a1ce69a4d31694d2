"""The step of the GitHub Action as a runner starts it, in a repository with a pull request checked out."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.patching.test_git import git

ROOT = Path(__file__).parents[2]
HEAD = "import time\n\nfrom fastapi import FastAPI\n\napp = FastAPI()\n"
QUICK = '\n\n@app.get("/%s")\nasync def %s() -> int:\n    return 1\n'
SLOW = QUICK.replace("    return", "    time.sleep(1)\n    return")
OLD, NEW = HEAD + SLOW % ("old", "old"), SLOW % ("new", "new")


@dataclass
class GitHub:
    """The part of GitHub's interface that comments are written by: a few pages of them, with ids."""

    comments: list[dict[str, Any]] = field(default_factory=list)
    asked: list[tuple[str, str, str]] = field(default_factory=list)
    url: str = ""


@pytest.fixture(name="github")
def _github() -> Iterator[GitHub]:
    state = GitHub()

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            body = json.loads(self.rfile.read(length) or b"null")
            state.asked.append((self.command, self.path, self.headers["Authorization"]))
            found: Any = body
            if self.command == "GET":
                page = int(self.path.rpartition("page=")[2])
                found = state.comments[(page - 1) * 100 : page * 100]
            elif self.command == "POST":
                state.comments.append({"id": len(state.comments) + 1, **body})
            else:
                number = int(self.path.rpartition("/")[2])
                next(each for each in state.comments if each["id"] == number).update(body)
            text = json.dumps(found).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_: object) -> None:
            return None

    for method in ("GET", "POST", "PATCH"):
        setattr(Handler, f"do_{method}", Handler.answer)
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        state.url = f"http://127.0.0.1:{server.server_address[1]}"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield state
        server.shutdown()


@pytest.fixture(name="service")
def _service(tmp_path: Path) -> Path:
    """A service with a finding on its main branch, and a pull request, merged as GitHub checks it out, that brings another."""
    root = tmp_path / "work"
    (root / "api").mkdir(parents=True)
    git(root, "init", "-q", "-b", "main")
    (root / "api" / "main.py").write_text(OLD)
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "first")
    git(root, "checkout", "-q", "-b", "feature")
    (root / "api" / "main.py").write_text(OLD + NEW)
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "new")
    git(root, "checkout", "-q", "main")
    git(root, "merge", "-q", "--no-ff", "-m", "merge", "feature")
    return root


def step(
    service: Path, github: GitHub, **more: str
) -> tuple[subprocess.CompletedProcess[str], dict[str, str], str]:
    """The step's end, its outputs and the summary. pitstop is installed already, as on a runner that keeps its temporary folder."""
    runner = service.parent / "runner"
    (runner / "pitstop" / "bin").mkdir(parents=True, exist_ok=True)
    for name in ("python", "pitstop"):
        link = runner / "pitstop" / "bin" / name
        if not link.exists():
            link.write_text(f'#!/bin/sh\nexec "{Path(sys.executable).parent / name}" "$@"\n')
            link.chmod(0o755)
    for name in ("output", "summary"):
        (runner / name).write_text("")
    variables = {
        "RUNNER_TEMP": str(runner),
        "GITHUB_ACTION_PATH": str(ROOT),
        "GITHUB_OUTPUT": str(runner / "output"),
        "GITHUB_STEP_SUMMARY": str(runner / "summary"),
        "GITHUB_BASE_REF": "main",
        "GITHUB_REPOSITORY": "team/service",
        "GITHUB_API_URL": github.url,
        "PITSTOP_COMMAND": "review --only-read",
        "PITSTOP_PATH": "api",
        "PITSTOP_COMMENT": "false",
        "PITSTOP_TOKEN": "t0ken",
        "PITSTOP_PULL_REQUEST": "7",
        **more,
    }
    done = subprocess.run(
        [ROOT / "integrations" / "github.sh"],
        cwd=service,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    outputs = dict(line.split("=", 1) for line in (runner / "output").read_text().splitlines())
    return done, outputs, (runner / "summary").read_text()


def test_what_the_pull_request_brings_is_told_everywhere_and_fails(service: Path, github: GitHub) -> None:
    done, outputs, summary = step(service, github, PITSTOP_COMMAND="review")
    assert done.returncode == 1, done.stderr
    (told,) = [line for line in done.stdout.splitlines() if line.startswith("::")]
    assert "file=api/main.py,line=16" in told
    assert "GET /old" not in done.stdout
    assert summary.startswith("<!-- pitstop -->\n### pitstop: 1 finding")
    assert outputs["exit-code"] == "1"
    sarif = json.loads(Path(outputs["sarif"]).read_text())
    assert len(sarif["runs"][0]["results"]) == 1
    assert "<title>" in Path(outputs["html"]).read_text()
    assert github.asked == []
    assert git(service, "status", "--porcelain") == ""


@pytest.mark.parametrize("command", ["review", "review --only-read"])
def test_a_head_that_is_no_merge_is_compared_with_where_it_began(
    service: Path, github: GitHub, command: str
) -> None:
    git(service, "update-ref", "refs/remotes/origin/main", "HEAD^1")
    git(service, "checkout", "-q", "feature")
    done, _, _ = step(service, github, PITSTOP_COMMAND=command)
    assert done.returncode == 1
    assert "GET /new" in done.stdout
    git(service, "update-ref", "-d", "refs/remotes/origin/main")
    done, outputs, _ = step(service, github, PITSTOP_COMMAND=command)
    assert (done.returncode, outputs) == (3, {})
    assert "fetch-depth: 0" in done.stdout


def test_all_of_a_service_is_inspected_where_that_is_wanted(service: Path, github: GitHub) -> None:
    done, outputs, _ = step(service, github, PITSTOP_COMMAND="inspect --select blocking-call-in-async")
    assert (done.returncode, outputs["exit-code"]) == (1, "1")
    assert "GET /old" in done.stdout
    assert "GET /new" in done.stdout


@pytest.mark.parametrize("command", ["tune --apply", "", "rm"])
def test_another_command_is_refused(service: Path, github: GitHub, command: str) -> None:
    done, outputs, _ = step(service, github, PITSTOP_COMMAND=command)
    assert (done.returncode, outputs) == (3, {})
    assert done.stdout.startswith("::error title=pitstop::")


def test_a_command_that_cannot_run_is_no_green(service: Path, github: GitHub) -> None:
    done, outputs, summary = step(service, github, PITSTOP_PATH="nowhere", PITSTOP_COMMAND="inspect")
    assert (done.returncode, outputs, summary) == (2, {"exit-code": "2"}, "")


def test_one_comment_is_kept_up_to_date(service: Path, github: GitHub) -> None:
    github.comments = [{"id": number, "body": "looks good"} for number in range(1, 131)]
    wanted = {"PITSTOP_COMMENT": "true"}
    step(service, github, **wanted)
    assert len(github.comments) == 131
    assert "time.sleep" in github.comments[-1]["body"]
    assert {token for _, _, token in github.asked} == {"Bearer t0ken"}
    (service / "api" / "main.py").write_text(OLD + QUICK % ("new", "new"))
    git(service, "commit", "-q", "-a", "--amend", "--no-edit")
    step(service, github, **wanted, PITSTOP_COMMAND="review HEAD^1..HEAD --only-read")
    assert len(github.comments) == 131
    assert "Nothing brought" in github.comments[-1]["body"]
    assert all(each["body"] == "looks good" for each in github.comments[:-1])


def test_a_comment_that_cannot_be_written_changes_nothing_else(service: Path, github: GitHub) -> None:
    done, outputs, _ = step(service, github, PITSTOP_COMMENT="true", GITHUB_API_URL="http://127.0.0.1:1")
    assert (done.returncode, outputs["exit-code"]) == (1, "1")
    assert "::warning title=pitstop::the comment could not be written" in done.stdout
