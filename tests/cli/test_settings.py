"""Settings: what a file may say, and what is said back when it says something else."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
import pytest

from pitstop.budgets import Budget
from pitstop.errors import UsageError
from pitstop.settings import COMMAND_LINE_ONLY, Settings, load, override

EVERY_KEY = """
app = "shop.main:app"
python = ".venv/bin/python"
tests = ["tests", "more/test_it.py"]
database = "sqlite:///shop.db"
database-env = "SHOP_DATABASE_URL"
requests = "requests.jsonl"
environment = { SECRET_KEY = "x", DEBUG = "" }
exclude = ["scripts"]
select = ["missing-index"]
ignore = ["n-plus-one-loop"]
timeout-s = 30
launches = 6
budgets = { "GET /items" = { max_statements = 2, p95 = 80.5 } }
"""


@pytest.mark.parametrize(
    ("name", "head"), [("pyproject.toml", "[project]\nname='x'\n[tool.pitstop]\n"), ("pitstop.toml", "")]
)
def test_every_key_is_read_from_either_file(tmp_path: Path, name: str, head: str) -> None:
    (tmp_path / name).write_text(head + EVERY_KEY)
    assert load(tmp_path) == Settings(
        app="shop.main:app",
        python=".venv/bin/python",
        tests=("tests", "more/test_it.py"),
        database="sqlite:///shop.db",
        database_env="SHOP_DATABASE_URL",
        requests="requests.jsonl",
        environment={"SECRET_KEY": "x", "DEBUG": ""},
        exclude=("scripts",),
        select=("missing-index",),
        ignore=("n-plus-one-loop",),
        timeout_s=30.0,
        launches=6,
        budgets={"GET /items": Budget(max_statements=2, p95=80.5)},
    )


@pytest.mark.parametrize(
    "text", [None, "", "[tool]\n", "[project]\nname='x'\n", "tool = 3\n", "[tool.pitstop]\n"]
)
def test_without_settings_the_defaults_hold(tmp_path: Path, text: str | None) -> None:
    if text is not None:
        (tmp_path / "pyproject.toml").write_text(text)
    assert load(tmp_path) == Settings()


def test_every_option_is_documented() -> None:
    documented = re.findall(r"^    ([a-z_-]+): ", Settings.__doc__ or "", re.MULTILINE)
    names = [
        field.name if field.name in COMMAND_LINE_ONLY else field.encode_name
        for field in msgspec.structs.fields(Settings)
    ]
    assert documented == names


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ('test = ["tests"]', "has no key `test`", "Did you mean `tests`?"),
        ('database_env = "X"', "has no key `database_env`", "Did you mean `database-env`?"),
        ("zzz = 1", "has no key `zzz`", "The keys are access-log, app, baseline,"),
        ('tests = "tests"', "`tests`: expected a list, got text", 'tests = ["tests"]'),
        ("tests = [1]", "`tests`: expected text, got a whole number - at `$[0]`", 'tests = ["tests"]'),
        ("environment = { PORT = 8000 }", "`environment`: expected text, got a whole number", "SECRET_KEY"),
        ("timeout-s = 0", "`timeout-s`: expected a number > 0", "timeout-s = 600"),
        ("timeout-s = inf", "`timeout-s`: expected a number <= 86400", "timeout-s = 600"),
        ("launches = 1", "`launches`: expected a whole number >= 2", "launches = 4"),
        ("launches = 2.5", "`launches`: expected a whole number, got a number", "launches = 4"),
        ("app = true", "`app`: expected text, got `bool`", "app.main:app"),
        ("allow-mongodb = ['db']", "cannot be set in a file", "--allow-mongodb"),
        ("with-llm = 'openai/gpt-5'", "cannot be set in a file", "--with-llm"),
        ("llm-questions = 0", "expected a whole number >= 1", "llm-questions = 20"),
        (
            'budgets = { "GET /a" = { max_statement = 1 } }',
            "unknown field `max_statement`",
            "max_statements = 5",
        ),
        ('budgets = { "GET /a" = {} }', "it limits nothing", "max_statements = 5"),
        ('budgets = { "GET /a" = { p95 = -1 } }', "expected a number >= 0", "max_statements = 5"),
        ("allow-remote-database = true", "cannot be set in a file", "--allow-remote-database"),
    ],
)
def test_a_wrong_key_or_value_is_named_with_the_file(
    tmp_path: Path, text: str, message: str, hint: str
) -> None:
    (tmp_path / "pyproject.toml").write_text(f"[tool.pitstop]\n{text}\n")
    with pytest.raises(UsageError) as caught:
        load(tmp_path)
    assert caught.value.message.startswith("pyproject.toml: [tool.pitstop]")
    assert message in caught.value.message
    assert hint in caught.value.hint


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"app = \n", "is not valid TOML: Invalid value (at line 1"),
        (b"app = '\xff'\n", "is not UTF-8 text"),
    ],
)
def test_a_file_that_cannot_be_parsed_is_named(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "pitstop.toml").write_bytes(content)
    with pytest.raises(UsageError) as caught:
        load(tmp_path)
    assert f"pitstop.toml {message}" in caught.value.message
    assert str(tmp_path) in caught.value.hint


def test_a_file_that_cannot_be_opened_is_named(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").mkdir()
    with pytest.raises(UsageError, match=r"pyproject\.toml cannot be read"):
        load(tmp_path)


def test_settings_in_two_files_are_refused(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.pitstop]\napp = 'a:b'\n")
    (tmp_path / "pitstop.toml").write_text("app = 'c:d'\n")
    with pytest.raises(UsageError, match="both hold settings"):
        load(tmp_path)


def test_settings_that_are_no_table_are_refused(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool]\npitstop = 3\n")
    with pytest.raises(UsageError, match="is not a table"):
        load(tmp_path)


def test_the_command_line_wins_and_what_is_not_given_stays() -> None:
    settings = Settings(app="a:b", launches=6)
    given = {"app": "c:d", "launches": None, "allow_remote_database": True}
    assert override(settings, given) == Settings(app="c:d", launches=6, allow_remote_database=True)


def test_a_value_out_of_range_on_the_command_line_names_the_option() -> None:
    with pytest.raises(UsageError, match="--timeout: expected a number > 0"):
        override(Settings(), {"timeout_s": -1.0})
