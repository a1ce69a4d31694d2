"""What was given on the command line, made into settings and paths, or refused with a sentence."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from pitstop.errors import UsageError

if TYPE_CHECKING:
    import argparse

    from pitstop.proposing.model import Model
    from pitstop.settings import Settings


_MOST_ROWS = 10_000_000


def root_of(path: str) -> Path:
    root = Path(path)
    try:
        with os.scandir(root):
            return root.resolve()
    except FileNotFoundError:
        raise UsageError(f"{path} does not exist", "Give the folder of the project.") from None
    except NotADirectoryError:
        raise UsageError(f"{path} is a file", f"Give the folder that holds it: {root.parent}") from None
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}", "Look at its permissions.") from None
    except ValueError as error:
        raise UsageError(f"PATH is no path: {error}", "Give the folder of the project.") from None


def settings_of(typed: argparse.Namespace) -> Settings:
    from pitstop.settings import load, override

    root = root_of(typed.path)
    settings = load(root)
    tests = getattr(typed, "tests", None)
    given: dict[str, object] = {
        "app": typed.app,
        "python": _interpreter(typed.python),
        "tests": tuple(_within(root, path) for path in tests) if tests else None,
        "database": typed.database,
        "allow_remote_database": typed.allow_remote_database,
        "allow_mongodb": getattr(typed, "allow_mongodb", None) and tuple(typed.allow_mongodb),
        "timeout_s": typed.timeout_s,
        "select": flat(getattr(typed, "select", None)) or None,
        "ignore": (*settings.ignore, *flat(getattr(typed, "ignore", None))),
        "launches": getattr(typed, "launches", None),
        "with_llm": getattr(typed, "with_llm", None),
        "llm_questions": getattr(typed, "llm_questions", None),
        "decide": {**settings.decide, **_decided(getattr(typed, "decide", None) or [])},
        "baseline": _absolute(getattr(typed, "baseline", None)),
        "requests": _requests(typed),
        "access_log": tuple(str(path.absolute()) for path in getattr(typed, "access_log", None) or ())
        or None,
    }
    settings = override(settings, given)
    if typed.verb in {"measure", "tune"}:
        _check_logs(root, settings)
    known_names(settings.select, "select")
    known_names(settings.ignore, "ignore")
    for pattern, names in settings.per_path_ignore.items():
        known_names(names, f"per-path-ignore `{pattern}`")
    check_decisions(settings.decide)
    return settings


def model_of(settings: Settings) -> AbstractContextManager[Model | None]:
    """The language model that is to be asked for repairs, if one is. Raises UsageError where it cannot be."""
    if not settings.with_llm:
        return nullcontext()
    from pitstop.proposing.model import Model

    return Model(settings.with_llm)


def _decided(texts: list[str]) -> dict[str, str]:
    pairs = [text.partition("=") for text in texts]
    for name, equals, option in pairs:
        if not (name and equals and option):
            raise UsageError(
                f"--decide: {name}{equals}{option} is not NAME=OPTION",
                "For example `--decide missing-timeout=10s`.",
            )
    return {name: option for name, _, option in pairs}


def check_decisions(decisions: Mapping[str, str]) -> None:
    """Raise UsageError for a problem or an option that pitstop does not know, or for one that a person has to carry out."""
    known_names(tuple(decisions), "decide", domains=False)
    for name, option in decisions.items():
        from pitstop.problems import discover

        made = [choice.option.name for choice in discover()[name].choices if choice.fix is not None]
        if option not in made:
            can = f"It can make: {', '.join(made)}." if made else "It can make none of its options."
            raise UsageError(f"decide: pitstop cannot make `{option}` of {name}", can)


def _interpreter(python: str | None) -> str | None:
    """A path is meant from here, a bare name from PATH."""
    return str(Path(python).absolute()) if python and len(Path(python).parts) > 1 else python


def _within(root: Path, test: str) -> str:
    """A test relative to the project, because it is run in a copy of it; `test` may end in a pytest node, `::name`."""
    path, colons, node = test.partition("::")
    for base in (Path.cwd(), root):
        target = (base / path).resolve()
        if target.exists():
            break
    else:
        raise UsageError(f"--tests: there is no {path}", "Give a file or folder with tests of the project.")
    if not target.is_relative_to(root):
        raise UsageError(f"--tests: {path} lies outside of {root}", "Give a file or folder of the project.")
    return target.relative_to(root).as_posix() + colons + node


def _absolute(path: Path | None) -> str | None:
    return str(path.absolute()) if path is not None else None


def _requests(typed: argparse.Namespace) -> tuple[str, ...] | None:
    """The recordings; what the command line names takes the place of those in the settings, whatever it is."""
    given: list[Path] = getattr(typed, "requests", None) or []
    for path in given:
        if not path.is_file():
            raise UsageError(f"--requests: there is no file {path}", "`pitstop record` makes one.")
    if len({path.resolve() for path in given}) < len(given):
        raise UsageError("--requests names one file twice", "Name each once.")
    if given or getattr(typed, "generate", False) or getattr(typed, "tests", None):
        return tuple(str(path.absolute()) for path in given)
    return None


def tests_too(typed: argparse.Namespace) -> bool:
    """Whether the tests are to run beside other workloads."""
    return bool(typed.tests and (typed.requests or typed.generate))


def check_one_workload(typed: argparse.Namespace, settings: Settings) -> None:
    """Raise UsageError where several are given, of which a proof takes one."""
    if len(settings.recordings) + bool(typed.generate) + tests_too(typed) > 1:
        raise UsageError(
            "`pitstop tune` takes one workload, and several are given",
            "It times its versions side by side through one workload. Run it once for each, with `--apply` in between; `pitstop "
            "measure` takes several.",
        )


def check_tests_wanted(typed: argparse.Namespace, settings: Settings) -> None:
    """Raise UsageError where tests are to be written beside those of the project, and these are not what asks the service."""
    if typed.with_tests and (typed.generate or settings.recordings):
        raise UsageError(
            "--with-tests needs the project's tests: it writes new ones beside them",
            "Run `tune` without `--generate` and `--requests`, or without `--with-tests`.",
        )


def _check_logs(root: Path, settings: Settings) -> None:
    """Before a run that takes long, not after it."""
    for name in settings.access_logs:
        from pitstop.traces.access_log import check

        path = root / name
        if not path.is_file():
            raise UsageError(
                f"--access-log: there is no file {name}", "Give the log of the service's server."
            )
        check(path)


def commits_of(typed: argparse.Namespace) -> tuple[str, str] | None:
    """The commits before and after the change; None where none are named."""
    commits = None if typed.commits is None else _range_of(typed.commits, "prove")
    if sum((commits is not None, typed.patch is not None, typed.worktree)) > 1:
        raise UsageError(
            "BASE..HEAD, --patch and --worktree exclude each other", "Give one of them, or none."
        )
    return commits


def reviewed_of(typed: argparse.Namespace) -> tuple[str, str] | None:
    """Base and head of a review; an empty head is what lies in the work tree. None where none are named."""
    text: str | None = typed.commits
    if text is None or ".." in text:
        return None if text is None else _range_of(text, "review")
    return _range_of(text, "review")[0], ""


def _range_of(text: str, verb: str) -> tuple[str, str]:
    if text in {".", ".."} or text.startswith(("./", "../", "/", "~")) or text.endswith("/"):
        raise UsageError(
            f"{text} is a folder, and `pitstop {verb}` takes commits here",
            f"Name the project's folder with `--path {text}`.",
        )
    base, _, head = text.partition("..")
    if not base or head.startswith("."):
        raise UsageError(f"{text} is not BASE..HEAD", f"For example `pitstop {verb} main..HEAD`.")
    return base, head or "HEAD"


def documents_of(typed: argparse.Namespace) -> tuple[tuple[str, str], bool]:
    """The two documents to be compared, and whether they are named by the commits whose service makes them."""
    given: list[str] = typed.documents
    if len(given) == 2:
        return (given[0], given[1]), False
    if len(given) > 2 or Path(given[0]).is_file():
        raise UsageError(
            f"`pitstop contract` compares two documents, and was given {len(given)}",
            "Name two files, or two commits as BASE..HEAD.",
        )
    return _range_of(given[0], "contract"), True


def patch_of(typed: argparse.Namespace) -> Path | None:
    """The patch file, if one is given."""
    if typed.patch is None:
        return None
    if not typed.patch.is_file():
        raise UsageError(f"--patch: there is no file {typed.patch}", "`git diff > FILE` makes one.")
    return Path(typed.patch).absolute()


def only_tests_of(typed: argparse.Namespace, settings: Settings) -> tuple[str, ...]:
    """The node ids of the tests that are to be run, if not all."""
    if typed.test and (typed.generate or settings.recordings):
        raise UsageError(
            "--test goes with the service's tests",
            "Leave it out: recorded and generated requests lean on one another.",
        )
    return tuple(typed.test or ())


def proving_again(typed: argparse.Namespace) -> list[str]:
    """The command that asks for the same proof, but for `--test`. What may hold a password is left to be filled in."""
    command = ["pitstop", "prove"]
    command += [typed.commits] if typed.commits is not None else []
    command += ["--path", typed.path] if typed.path != "." else []
    command += ["--patch", str(typed.patch)] if typed.patch is not None else []
    command += ["--app", typed.app] if typed.app else []
    command += ["--python", typed.python] if typed.python else []
    command += [part for path in typed.tests or () for part in ("--tests", path)]
    command += [part for path in typed.requests or () for part in ("--requests", str(path))]
    command += ["--generate", "--cases", str(typed.cases)] if typed.generate else []
    command += ["--database", "URL"] if typed.database else []
    return command


def cases_of(typed: argparse.Namespace) -> int | None:
    """How many requests are made for each route; None where none are to be made."""
    if not typed.generate:
        return None
    if not 1 <= typed.cases <= 1000:
        raise UsageError(f"--cases: {typed.cases} requests for a route", "Give a number from 1 to 1000.")
    return int(typed.cases)


def serving_of(typed: argparse.Namespace, settings: Settings) -> tuple[float, float] | None:
    """Requests a second (0 for none besides) and for how many seconds; None where the app is not to be served."""
    if not typed.serve and typed.rate is None:
        return None
    if tests_too(typed) or not (typed.generate or settings.recordings):
        raise UsageError(
            "--serve needs requests to send, which tests cannot give",
            "Let pitstop make them (`--generate`), or give recorded ones (`--requests FILE`).",
        )
    rate = 0.0 if typed.rate is None else typed.rate
    if typed.rate is not None and not 0 < rate <= 100_000:
        raise UsageError(f"--rate: {rate:g} requests a second", "Give a number above 0, at most 100000.")
    if not 0 < typed.seconds <= 3600:
        raise UsageError(f"--seconds: {typed.seconds:g}", "Give a number above 0, at most 3600.")
    return rate, typed.seconds


def filled_of(typed: argparse.Namespace) -> tuple[int, dict[str, int], Path | None]:
    """How many rows tables are to have, those that are to have another number, and the file that the copy goes to."""
    if not 1 <= typed.rows <= _MOST_ROWS:
        raise UsageError(f"--rows: {typed.rows} rows", f"Give a number from 1 to {_MOST_ROWS}.")
    grow: dict[str, int] = {}
    for text in typed.grow:
        name, equals, number = text.rpartition("=")
        if not (name and equals and number.isdecimal() and int(number) <= _MOST_ROWS):
            raise UsageError(
                f"--grow: {text} is not TABLE=N", f"For example `--grow orders=100000`; at most {_MOST_ROWS}."
            )
        grow[name] = int(number)
    return typed.rows, grow, writable(typed.to, "--to")


def rows_of(typed: argparse.Namespace, settings: Settings) -> int | None:
    """How many rows tables are to have; None where they stay as they are."""
    if typed.rows is None:
        return None
    if tests_too(typed) or not (typed.generate or settings.recordings):
        raise UsageError(
            "--rows needs requests to send: tests make their own rows",
            "Let pitstop make them (`--generate`), or give recorded ones (`--requests FILE`).",
        )
    if typed.serve or typed.rate is not None:
        raise UsageError("--rows and --serve exclude each other", "Fill a copy first: `pitstop populate`.")
    if not 100 <= typed.rows <= _MOST_ROWS:
        raise UsageError(f"--rows: {typed.rows} rows", f"Give a number from 100 to {_MOST_ROWS}.")
    return int(typed.rows)


def check_budgets(typed: argparse.Namespace, settings: Settings) -> None:
    """Raise UsageError where budgets are to be checked and there are none."""
    if typed.check and not settings.budgets:
        raise UsageError(
            "--check: the settings have no budgets",
            'Write them into pyproject.toml: [tool.pitstop.budgets] and below it "GET /orders" = { max_statements = 5 }',
        )


def memory_of(typed: argparse.Namespace) -> bool:
    """Whether it is to be measured what requests allocate: then nothing that tells of times goes with it."""
    if typed.memory:
        others = {
            "--check": typed.check,
            "--compare": typed.compare is not None,
            "--flame": typed.flame is not None,
            "--serve": typed.serve,
            "--rate": typed.rate is not None,
            "--rows": typed.rows is not None,
        }
        about_times = [option for option, is_given in others.items() if is_given]
        if about_times:
            raise UsageError(
                f"--memory makes times useless, and {about_times[0]} is about times", "Measure once for each."
            )
    return bool(typed.memory)


def writable(path: Path | None, option: str) -> Path | None:
    """The file as an absolute path; whether it can be written is asked before the work, not after it."""
    if path is None:
        return None
    target = path.absolute()
    if target.is_dir():
        raise UsageError(f"{option}: {path} is a folder", "Name a file.")
    if not target.parent.is_dir():
        raise UsageError(f"{option}: there is no folder {path.parent}", "Make it first.")
    if not os.access(target if target.exists() else target.parent, os.W_OK):
        raise UsageError(f"{option}: {path} cannot be written", "Name a file that can be.")
    return target


def flat(groups: list[tuple[str, ...]] | None) -> tuple[str, ...]:
    return tuple(name for group in groups or () for name in group)


def known_names(names: tuple[str, ...], where: str, *, domains: bool = True) -> None:
    if names:
        from pitstop.reports import explain

        explain.known(names, where, domains=domains)
