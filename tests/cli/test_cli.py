"""The verbs: what they pass on, what they print where, and the code they end with."""

from __future__ import annotations

import io
import json
import os
import signal
import sys
import tempfile
from pathlib import Path

import msgspec
import pytest

from pitstop import cli, output
from pitstop.data import Skipped
from pitstop.errors import PatchError, PitstopError, TargetError, UsageError
from pitstop.settings import Settings

from .conftest import EMPTY, ONE_FINDING, FakePipeline

Captured = pytest.CaptureFixture[str]
REPORTING = ["inspect", "measure", "tune"]


# --- what is passed on -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("verb", REPORTING)
def test_a_verb_asks_the_pipeline_of_its_name_for_the_folder(
    verb: str, here: Path, pipeline: FakePipeline
) -> None:
    assert cli.main([verb]) == 0
    assert [(asked[0], asked[1]) for asked in pipeline.asked] == [(verb, here)]
    assert pipeline.asked[0][2] == Settings()
    (here / "sub").mkdir()
    assert cli.main([verb, "sub"]) == 0
    assert pipeline.asked[1][1] == here / "sub"


def test_options_override_the_file_and_ignore_adds_to_it(here: Path, pipeline: FakePipeline) -> None:
    (here / "pyproject.toml").write_text(
        "[tool.pitstop]\napp = 'a:b'\nlaunches = 8\nignore = ['n-plus-one-loop']\ndatabase-env = 'DB'\n"
    )
    (here / "checks").mkdir()
    (here / "r.jsonl").write_text("")
    given = [
        *(
            "tune",
            "--app",
            "shop.main:app",
            "--python",
            "env/bin/python",
            "--tests",
            "checks",
            "--database",
            "sqlite://",
        ),
        *("--allow-remote-database", "--timeout", "9", "--select", "missing-index,client-per-request"),
        *("--ignore", "missing-index", "--launches", "5"),
    ]
    assert cli.main(given) == 0
    assert pipeline.asked[0][2] == Settings(
        app="shop.main:app",
        python=str(here / "env/bin/python"),
        tests=("checks",),
        database="sqlite://",
        database_env="DB",
        allow_remote_database=True,
        timeout_s=9.0,
        select=("missing-index", "client-per-request"),
        ignore=("n-plus-one-loop", "missing-index"),
        launches=5,
    )


def test_litellm_that_is_not_installed_is_a_wrong_option(
    here: Path, pipeline: FakePipeline, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    assert here
    assert cli.main(["tune", "--with-llm", "openai/gpt-5"]) == 2
    said = capsys.readouterr().err
    assert "--with-llm needs LiteLLM" in said
    assert "pip install 'pitstop[llm]'" in said
    assert not pipeline.asked


def test_tune_and_measure_pass_their_own_options(here: Path, pipeline: FakePipeline) -> None:
    (here / "r.jsonl").write_text("")
    assert (
        cli.main(
            [
                "measure",
                "--requests",
                "r.jsonl",
                "--record",
                "out.jsonl",
                "--compare",
                "last",
                "--flame",
                "f.json",
            ]
        )
        == 0
    )
    settings = pipeline.asked[0][2]
    assert settings is not None
    assert settings.requests == (str(here / "r.jsonl"),)
    assert pipeline.asked[0][3] == {
        "record": here / "out.jsonl", "compare": "last", "flame": here / "f.json", "cases": None, "serving": None,
        "rows": None, "memory": False, "tests_too": False,
    }  # fmt: skip
    assert cli.main(["tune"]) == 0
    assert pipeline.asked[1][3] == {
        "apply": False,
        "branch": None,
        "patches": None,
        "only": (),
        "cases": None,
        "again": False,
        "with_tests": False,
        "model": None,
    }
    given = ["--apply", "--branch", "--patches", "p", "--only", "missing-index", "--again", "--with-tests"]
    assert cli.main(["tune", ".", *given]) == 0
    assert pipeline.asked[2][3] == {
        "apply": True, "branch": "", "patches": here / "p", "only": ("missing-index",), "cases": None,
        "again": True, "with_tests": True,
        "model": None,
    }  # fmt: skip
    assert cli.main(["tune", "--branch", "quick"]) == 0
    assert pipeline.asked[3][3]["branch"] == "quick"


@pytest.mark.parametrize(
    ("given", "cases", "serving"),
    [
        ([], None, None),
        (["--generate"], 5, None),
        (["--generate", "--cases", "9"], 9, None),
        (["--serve", "--requests", "r.jsonl"], None, (0.0, 10.0)),
        (["--generate", "--rate", "2.5", "--seconds", "3"], 5, (2.5, 3.0)),
    ],
)
def test_what_is_sent_to_the_app(
    here: Path,
    pipeline: FakePipeline,
    given: list[str],
    cases: int | None,
    serving: tuple[float, float] | None,
) -> None:
    (here / "r.jsonl").write_text("")
    assert cli.main(["measure", ".", *given]) == 0
    assert (pipeline.asked[0][3]["cases"], pipeline.asked[0][3]["serving"]) == (cases, serving)


def test_what_is_proved(here: Path, pipeline: FakePipeline) -> None:
    (here / "x.patch").write_text("")
    for number, (given, commits, patch) in enumerate(
        (
            ([], None, None),
            (["--worktree"], None, None),
            (["main..HEAD"], ("main", "HEAD"), None),
            (["main"], ("main", "HEAD"), None),
            (["v1..v2"], ("v1", "v2"), None),
            (["--patch", "x.patch"], None, here / "x.patch"),
        )
    ):
        assert cli.main(["prove", *given]) == 0
        asked = pipeline.asked[number][3]
        command = asked.pop("command")
        assert isinstance(command, tuple)
        assert command[:2] == ("pitstop", "prove")
        assert asked == {"commits": commits, "patch": patch, "cases": None, "tests": ()}


def test_which_documents_are_compared(here: Path, pipeline: FakePipeline) -> None:
    (here / "a.json").write_text("{}")
    for number, (given, named, are_commits) in enumerate(
        (
            (["a.json", "b.json"], ("a.json", "b.json"), False),
            (["main:a.json", "HEAD:a.json"], ("main:a.json", "HEAD:a.json"), False),
            (["main..v2"], ("main", "v2"), True),
            (["main"], ("main", "HEAD"), True),
        )
    ):
        assert cli.main(["contract", *given]) == 0
        assert pipeline.asked[number][3] == {"named": named, "are_commits": are_commits}


def test_rows(here: Path, pipeline: FakePipeline) -> None:
    assert cli.main(["measure", "--generate", "--rows", "1000"]) == 0
    assert pipeline.asked[0][3]["rows"] == 1000
    assert cli.main(["populate"]) == 0
    assert pipeline.asked[1][3] == {"rows": 1000, "grow": {}, "to": None}
    given = ["populate", ".", "--rows", "9", "--grow", "orders=5", "--grow", "a.b=6", "--to", "x.db"]
    assert cli.main(given) == 0
    assert pipeline.asked[2][3] == {"rows": 9, "grow": {"orders": 5, "a.b": 6}, "to": here / "x.db"}


def test_recorded_requests_of_the_settings_can_be_served(here: Path, pipeline: FakePipeline) -> None:
    (here / "pitstop.toml").write_text('requests = "r.jsonl"\n')
    assert cli.main(["measure", "--serve"]) == 0
    assert pipeline.asked[0][3]["serving"] == (0.0, 10.0)


@pytest.mark.parametrize(
    "other",
    [
        ["--compare", "last"],
        ["--flame", "f.json"],
        ["--generate", "--serve"],
        ["--generate", "--rows", "100"],
    ],
)
def test_memory_goes_with_nothing_that_is_about_times(
    here: Path, pipeline: FakePipeline, capsys: Captured, other: list[str]
) -> None:
    assert cli.main(["measure", str(here), "--memory"]) == 0
    assert pipeline.asked[0][3]["memory"] is True
    assert cli.main(["measure", str(here), "--memory", *other]) == 2
    assert "about times" in capsys.readouterr().err
    assert len(pipeline.asked) == 1


def test_a_test_is_named_as_the_copy_names_it(
    here: Path, pipeline: FakePipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    (here / "tests").mkdir()
    (here / "tests" / "test_a.py").write_text("")
    monkeypatch.chdir(here.parent)
    assert cli.main(["tune", "shop", "--tests", "shop/tests/test_a.py::test_x", "--tests", "tests"]) == 0
    settings = pipeline.asked[0][2]
    assert settings is not None
    assert settings.tests == ("tests/test_a.py::test_x", "tests")


def test_undo_passes_the_patch_and_prints_what_was_done(
    here: Path, pipeline: FakePipeline, capsys: Captured
) -> None:
    assert cli.main(["undo", "p1"]) == 0
    assert cli.main(["undo", "--path", str(here)]) == 0
    assert [asked[3] for asked in pipeline.asked] == [{"patch": "p1"}, {"patch": None}]
    assert capsys.readouterr().out == "took back p1\ntook back everything\n"


# --- wrong usage -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "message", "hint"),
    [
        ([], "required: VERB", "`pitstop --help`"),
        (["tun"], "invalid choice: 'tun'", "Did you mean `tune`?"),
        (["tune", "--aply"], "`pitstop tune` has no option `--aply`", "Did you mean `--apply`?"),
        (["tune", "--databse=postgresql://u:secret@h/x"], "has no option `--databse`", "`--database`"),
        (["inspect", "--apply"], "`pitstop inspect` has no option `--apply`", "`pitstop inspect --help`"),
        (["inspect", ".", "b"], "takes no further argument `b`", "`pitstop inspect --help`"),
        (["inspect", "--format", "jsn"], "invalid choice: 'jsn'", "Did you mean `json`?"),
        (["tune", "--launches", "many"], "argument --launches: invalid int value", "`pitstop tune --help`"),
        (["tune", "--launches", "1"], "--launches: expected a whole number >= 2", ""),
        (["tune", "--timeout", "nan"], "--timeout: expected a number", ""),
        (["tune", "--timeout", "-1"], "--timeout: expected a number > 0", ""),
        (["inspect", "missing"], "missing does not exist", "Give the folder"),
        (["inspect", "a.py"], "a.py is a file", "Give the folder that holds it: ."),
        (["inspect", "nul\0"], "PATH is no path", "Give the folder"),
        (
            ["inspect", "--select", "missing-indx"],
            "select: there is no problem or domain `missing-indx`",
            "`missing-index`",
        ),
        (
            ["inspect", "--ignore", "x,missing-index"],
            "ignore: there is no problem or domain `x`",
            "pitstop explain",
        ),
        (
            ["tune", "--decide", "missing-timeout"],
            "--decide: missing-timeout is not NAME=OPTION",
            "missing-timeout=10s",
        ),
        (["tune", "--decide", "missing-indexes=x"], "decide: there is no problem", "`missing-index`"),
        (["tune", "--decide", "n-plus-one-loop=x"], "cannot make `x`", "It can make none"),
        (["tune", "--only", "n-plus-1-loop"], "--only: there is no problem", "`n-plus-one-loop`"),
        (["inspect", "--output", "no/where.json"], "--output: there is no folder no", "Make it first"),
        (["inspect", "--output", "."], "--output: . is a folder", "Name a file"),
        (["measure", "--record", "no/where"], "--record: there is no folder no", "Make it first"),
        (["measure", "--flame", "no/where"], "--flame: there is no folder no", "Make it first"),
        (["measure", "--requests", "gone"], "--requests: there is no file gone", "pitstop record"),
        (["measure", "--serve"], "--serve needs requests", "`--generate`"),
        (["measure", "--rate", "5"], "--serve needs requests", "`--requests FILE`"),
        (["measure", "--generate", "--rate", "0"], "--rate: 0 requests a second", "above 0"),
        (["measure", "--generate", "--rate", "nan"], "--rate: nan requests a second", "above 0"),
        (["measure", "--generate", "--serve", "--seconds", "0"], "--seconds: 0", "above 0"),
        (["measure", "--rows", "1000"], "--rows needs requests", "`--generate`"),
        (["measure", "--generate", "--rows", "99"], "--rows: 99 rows", "from 100"),
        (
            ["measure", "--generate", "--rows", "100", "--serve"],
            "--rows and --serve exclude",
            "pitstop populate",
        ),
        (["prove", "main..HEAD", "--worktree"], "exclude each other", "Give one of them"),
        (["prove", "..HEAD"], "..HEAD is not BASE..HEAD", "main..HEAD"),
        (["prove", "main...HEAD"], "main...HEAD is not BASE..HEAD", "main..HEAD"),
        (["prove", "."], ". is a folder", "`--path .`"),
        (["prove", "--worktree", "../shop"], "../shop is a folder", "`--path ../shop`"),
        (
            ["tune", "--generate", "--with-tests"],
            "--with-tests needs the project's tests",
            "without `--generate`",
        ),
        (["prove", "--patch", "gone.patch"], "there is no file gone.patch", "git diff"),
        (["contract", "a.py"], "compares two documents, and was given 1", "BASE..HEAD"),
        (["contract", "a", "b", "c"], "compares two documents, and was given 3", "BASE..HEAD"),
        (["contract", "..HEAD"], "..HEAD is not BASE..HEAD", "pitstop contract main..HEAD"),
        (["populate", "--rows", "0"], "--rows: 0 rows", "from 1 to"),
        (["populate", "--grow", "orders"], "--grow: orders is not TABLE=N", "--grow orders=100000"),
        (["populate", "--grow", "=5"], "--grow: =5 is not TABLE=N", "--grow orders=100000"),
        (["populate", "--to", "no/where.db"], "--to: there is no folder no", "Make it first"),
        (["tune", "--generate", "--cases", "0"], "--cases: 0 requests for a route", "from 1 to 1000"),
        (
            ["tune", "--generate", "--requests", "a.py"],
            "takes one workload",
            "Run it once for each, with `--apply` in between",
        ),
        (
            ["tune", "--requests", "a.py", "--tests", "sub"],
            "takes one workload",
            "`pitstop measure` takes several",
        ),
        (["measure", "--requests", "a.py", "--requests", "a.py"], "names one file twice", "Name each once"),
        (
            ["measure", "--requests", "a.py", "--tests", "sub", "--serve"],
            "--serve needs requests",
            "`--generate`",
        ),
        (
            ["measure", "--requests", "a.py", "--tests", "sub", "--rows", "100"],
            "--rows needs requests",
            "`--generate`",
        ),
        (["tune", "--patches", "a.py"], "--patches: a.py is not a folder", "Name a folder"),
        (["tune", "--tests", "gone"], "--tests: there is no gone", "Give a file or folder"),
        (["tune", "--tests", ".."], "--tests: .. lies outside of", "of the project"),
        (["tune", "--branch", "sub"], "--branch took `sub`", "`pitstop tune sub --branch`"),
        (["explain", "missing-indx"], "explain: there is no problem `missing-indx`", "`missing-index`"),
        (["undo", "--path", "missing"], "missing does not exist", "Give the folder"),
    ],
)
def test_wrong_usage_says_what_and_what_to_do(
    arguments: list[str], message: str, hint: str, here: Path, pipeline: FakePipeline, capsys: Captured
) -> None:
    (here / "a.py").write_text("")
    (here / "sub").mkdir()
    assert cli.main(arguments) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert message in said.err
    assert hint in said.err
    assert "secret" not in said.err
    assert pipeline.asked == []


def test_wrong_settings_end_with_2(here: Path, pipeline: FakePipeline, capsys: Captured) -> None:
    (here / "pyproject.toml").write_text("[tool.pitstop]\nap = 'x'\n")
    assert cli.main(["inspect"]) == 2
    assert "pyproject.toml: [tool.pitstop] has no key `ap`" in capsys.readouterr().err
    assert pipeline.asked == []


def test_a_folder_that_may_not_be_read_ends_with_2(
    here: Path, pipeline: FakePipeline, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(os, "scandir", refuse)
    assert cli.main(["inspect", str(here)]) == 2
    assert "cannot be read: Permission denied" in capsys.readouterr().err
    assert pipeline.asked == []


# --- exit codes and what is printed ----------------------------------------------------------------------------------


@pytest.mark.parametrize("verb", REPORTING)
def test_findings_end_with_1_and_none_with_0(
    verb: str, here: Path, pipeline: FakePipeline, capsys: Captured
) -> None:
    assert cli.main([verb, str(here)]) == 0
    pipeline.report = ONE_FINDING
    assert cli.main([verb, str(here)]) == 1
    assert "shop/models.py:3" in capsys.readouterr().out


def test_what_was_not_looked_at_is_not_green(here: Path, pipeline: FakePipeline) -> None:
    skipped = (Skipped(stage="measure", subject="GET /", reason="no test requests it"),)
    pipeline.report = msgspec.structs.replace(EMPTY, skipped=skipped)
    assert cli.main(["measure", str(here)]) == 1


def test_json_goes_to_standard_output_and_progress_to_standard_error(
    here: Path, pipeline: FakePipeline, capsys: Captured
) -> None:
    pipeline.report = ONE_FINDING
    assert cli.main(["inspect", str(here), "--format", "json"]) == 1
    said = capsys.readouterr()
    assert json.loads(said.out)["findings"][0]["problem"] == "missing-index"
    assert "inspect" in said.err
    assert cli.main(["inspect", "--quiet"]) == 1
    assert capsys.readouterr().err == ""


@pytest.mark.usefixtures("pipeline")
@pytest.mark.parametrize("format_", ["full", "json"])
def test_output_takes_the_report_and_leaves_nothing_else(format_: str, here: Path, capsys: Captured) -> None:
    (here / "report").write_text("old")
    assert cli.main(["inspect", "--output", "report", "--format", format_]) == 0
    assert capsys.readouterr().out == ""
    assert "shop.main:app" in (here / "report").read_text()
    assert [path.name for path in here.iterdir()] == ["report"]


def test_a_report_that_cannot_be_written_is_printed(
    here: Path, pipeline: FakePipeline, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_path: Path, _text: str) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(output, "_replace", full)
    pipeline.report = ONE_FINDING
    assert cli.main(["inspect", "--output", "report"]) == 2
    said = capsys.readouterr()
    assert "shop/models.py:3" in said.out
    assert "No space left on device" in said.err
    assert str(here) not in said.out


@pytest.mark.parametrize(
    ("choice", "tty", "environment", "colored"),
    [
        ("auto", True, {}, True),
        ("auto", False, {}, False),
        ("auto", True, {"NO_COLOR": "1"}, False),
        ("auto", True, {"NO_COLOR": ""}, True),
        ("auto", True, {"TERM": "dumb"}, False),
        ("always", False, {"NO_COLOR": "1"}, True),
        ("never", True, {}, False),
    ],
)
def test_color(
    choice: str,
    tty: bool,
    environment: dict[str, str],
    colored: bool,
    here: Path,
    pipeline: FakePipeline,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    out = io.StringIO()
    monkeypatch.setattr(out, "isatty", lambda: tty)
    monkeypatch.setattr(sys, "stdout", out)
    pipeline.report = ONE_FINDING
    assert cli.main(["inspect", str(here), "--color", choice, "--quiet"]) == 1
    assert ("\x1b[" in out.getvalue()) == colored


@pytest.mark.usefixtures("pipeline")
def test_text_that_the_terminal_has_no_letters_for_is_printed_all_the_same(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding="ascii"))
    assert cli.main(["inspect", str(here), "--quiet"]) == 0
    assert b"pitstop 0 ? shop.main:app" in raw.getvalue()


# --- what goes wrong -------------------------------------------------------------------------------------------------


def knowing(error: BaseException) -> BaseException:
    error.report = ONE_FINDING  # type: ignore[attr-defined]  # the pipeline adds it to any error
    return error


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (UsageError("no such thing", "try another"), 2),
        (TargetError("the app does not start", "set SECRET_KEY"), 3),
        (PatchError("the edit does not fit"), 4),
        (RuntimeError("broken inside"), 4),
        (KeyboardInterrupt(), 130),
        (BrokenPipeError(), 0),
    ],
)
def test_each_failure_has_its_code_and_no_traceback(
    error: BaseException,
    code: int,
    here: Path,
    pipeline: FakePipeline,
    capsys: Captured,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    pipeline.error = error
    assert cli.main(["inspect", str(here), "--quiet"]) == code
    said = capsys.readouterr()
    assert said.out == ""
    assert "Traceback" not in said.err
    if isinstance(error, PitstopError):
        assert f"pitstop: {error.message}" in said.err
        assert error.hint in said.err
    kept = list(tmp_path.glob("pitstop-fault-*.txt"))
    assert len(kept) == (1 if code == 4 else 0)
    if kept:
        assert str(kept[0]) in said.err
        assert "open an issue" in said.err
        assert "Traceback" in kept[0].read_text()


def test_the_kept_traceback_does_not_hold_the_command(
    here: Path, pipeline: FakePipeline, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    pipeline.error = RuntimeError("x")
    assert cli.main(["inspect", str(here), "--database", "postgresql://u:secret@h/d"]) == 4
    assert "secret" not in next(tmp_path.glob("pitstop-fault-*.txt")).read_text()


@pytest.mark.parametrize(
    ("error", "code", "said_last"),
    [
        (KeyboardInterrupt(), 1, "interrupted; the report holds what was known by then"),
        (TargetError("the app does not start", "set SECRET_KEY"), 3, "the app does not start"),
    ],
)
def test_what_is_known_is_printed_before_the_end(
    error: BaseException, code: int, said_last: str, here: Path, pipeline: FakePipeline, capsys: Captured
) -> None:
    pipeline.error = knowing(error)
    assert cli.main(["tune", str(here), "--format", "json", "--quiet"]) == code
    said = capsys.readouterr()
    assert len(json.loads(said.out)["findings"]) == 1
    assert said_last in said.err


def test_an_interrupt_before_anything_was_found_ends_with_130(
    here: Path, pipeline: FakePipeline, capsys: Captured
) -> None:
    error = knowing(KeyboardInterrupt())
    error.report = EMPTY  # type: ignore[attr-defined]  # as above
    pipeline.error = error
    assert cli.main(["tune", str(here), "--quiet"]) == 130
    assert "shop.main:app" in capsys.readouterr().out


def test_being_terminated_is_being_interrupted(
    here: Path, pipeline: FakePipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = signal.getsignal(signal.SIGTERM)

    def terminated(*_: object, **__: object) -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        signal.pause()

    monkeypatch.setattr(pipeline, "inspect", terminated)
    assert cli.main(["inspect", str(here), "--quiet"]) == 130
    assert signal.getsignal(signal.SIGTERM) == before
