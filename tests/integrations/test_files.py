"""The files that build servers and pre-commit read, against the schemas that are published for them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from pitstop import cli

ROOT = Path(__file__).parents[2]


def read(name: str) -> Any:
    return YAML(typ="safe").load(ROOT / name)


@pytest.mark.parametrize(
    ("name", "schema"),
    [("action.yml", "vendor.github-actions"), ("integrations/gitlab.yml", "vendor.gitlab-ci")],
)
def test_it_is_what_its_schema_says(name: str, schema: str) -> None:
    transform = ["--data-transform", "gitlab-ci"] if "gitlab" in schema else []
    command = [
        sys.executable,
        "-m",
        "check_jsonschema",
        "--builtin-schema",
        schema,
        *transform,
        str(ROOT / name),
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_what_the_action_promises_its_script_gives() -> None:
    action = read("action.yml")
    script = (ROOT / "integrations" / "github.sh").read_text()
    (step,) = action["runs"]["steps"]
    for name in step["env"]:
        assert f"${name}" in script or name in (ROOT / "integrations" / "github_comment.py").read_text()
    for name, output in action["outputs"].items():
        assert f"'{name}=%s" in script
        assert output["value"] == f"${{{{ steps.{step['id']}.outputs.{name} }}}}"


@pytest.mark.parametrize("hook", read(".pre-commit-hooks.yaml"), ids=lambda hook: hook["id"])
def test_a_hook_is_a_command_that_there_is(
    hook: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert {"id", "name", "entry", "language"} <= set(hook)
    command, *arguments = hook["entry"].split()
    assert command == "pitstop"
    (tmp_path / "main.py").write_text("from fastapi import FastAPI\n\napp = FastAPI()\n")
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    identity = ["-c", "user.name=t", "-c", "user.email=t@localhost"]
    subprocess.run(["git", "add", "-A"], cwd=tmp_path, check=True)
    subprocess.run(["git", *identity, "commit", "-q", "-m", "first"], cwd=tmp_path, check=True)
    (tmp_path / "main.py").write_text("from fastapi import FastAPI\n\napp = FastAPI(title='a')\n")
    where = ["--path", str(tmp_path)] if arguments[0] == "review" else [str(tmp_path)]
    assert cli.main([*arguments, *where]) == 0, capsys.readouterr().err
