"""What each verb takes, and what several take alike. Standard library only, so that the command line starts at once."""

from __future__ import annotations

import argparse
from pathlib import Path

from pitstop.reports import FORMATS


def color(parser: argparse._ActionsContainer) -> None:
    parser.add_argument(
        "--color", choices=("auto", "always", "never"), default="auto",
        help="auto: on a terminal, unless NO_COLOR is set",
    )  # fmt: skip


def common(parser: argparse.ArgumentParser) -> None:
    group = said(parser)
    group.add_argument(
        "--select",
        metavar="NAME",
        action="append",
        type=_names,
        help="only these problems or domains; repeatable",
    )
    group.add_argument(
        "--ignore",
        metavar="NAME",
        action="append",
        type=_names,
        help="not these problems or domains; repeatable",
    )
    service = target(parser)
    service.add_argument("--tests", metavar="PATH", action="append", help="tests for pytest; repeatable")


def said(parser: argparse.ArgumentParser) -> argparse._ArgumentGroup:
    said = parser.add_argument_group("what is said")
    said.add_argument("--format", choices=FORMATS, default="full", help="full, for people, by default")
    said.add_argument(
        "--output", metavar="FILE", type=Path, help="write the report there, not to standard output"
    )
    said.add_argument(
        "--report",
        metavar="FORMAT=FILE",
        action="append",
        type=_format_and_file,
        help="also write it there in another format; repeatable",
    )
    color(said)
    said.add_argument("--quiet", action="store_true", help="no progress")
    return said


def target(parser: argparse.ArgumentParser) -> argparse._ArgumentGroup:
    target = parser.add_argument_group(
        "the service; what is not given is discovered or read from [tool.pitstop]"
    )
    target.add_argument("--app", metavar="MODULE:NAME", help="the application, or a function that makes it")
    target.add_argument("--python", metavar="FILE", help="the interpreter the service runs in")
    target.add_argument("--database", metavar="URL", help="a database that may be copied or changed")
    target.add_argument(
        "--allow-remote-database", action="store_true", default=None,
        help="use the database even if it is on another machine: the tests may change it",
    )  # fmt: skip
    target.add_argument(
        "--timeout", metavar="S", type=float, dest="timeout_s", help="seconds one run of the tests may take"
    )
    return target


def baseline(parser: argparse.ArgumentParser) -> argparse._ArgumentGroup:
    known = parser.add_argument_group("what is known already, and not to be said again")
    known.add_argument(
        "--baseline", metavar="FILE", type=Path,
        help="known findings, left out (default: pitstop-baseline.json, if there is one)",
    )  # fmt: skip
    return known


def inspect(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--coverage",
        action="store_true",
        help="also say what each route may do, and what could not be followed",
    )
    known = baseline(parser)
    known.add_argument(
        "--update-baseline", action="store_true", help="make all that is found the new baseline"
    )
    known.add_argument(
        "--prune-baseline", action="store_true", help="take out of the baseline what is found no more"
    )


def requests(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--requests",
        metavar="FILE",
        type=Path,
        action="append",
        help="replay these requests, not the tests; repeatable in `measure`, beside `--tests` and `--generate` too",
    )
    parser.add_argument(
        "--generate",
        action="store_true",
        help="make requests from the OpenAPI document, instead of the tests",
    )
    parser.add_argument(
        "--cases", metavar="N", type=int, default=5, help="about how many of them for each route; default: 5"
    )


def access_log(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--access-log",
        metavar="FILE",
        type=Path,
        action="append",
        help="rank by how often this log of uvicorn, gunicorn, nginx or JSON lines asks each route; repeatable",
    )


def measure(parser: argparse.ArgumentParser) -> None:
    baseline(parser)
    requests(parser)
    access_log(parser)
    parser.add_argument(
        "--check", action="store_true",
        help="fail only if a request costs more than `budgets` of the settings allow, or one of them was not measured",
    )  # fmt: skip
    parser.add_argument("--record", metavar="FILE", type=Path, help="write the requests that were sent there")
    parser.add_argument(
        "--flame",
        metavar="FILE",
        type=Path,
        help="write flame graphs of the routes there, for speedscope.app",
    )
    parser.add_argument(
        "--allow-mongodb", metavar="HOST:PORT", action="append",
        help="use this MongoDB as it is: what the service writes or deletes there stays; repeatable",
    )  # fmt: skip
    parser.add_argument(
        "--memory",
        action="store_true",
        help="also say what requests allocate, and where most of it; slows the service, so that times say nothing",
    )
    parser.add_argument(
        "--compare", metavar="RUN", help="beside an earlier run: `last`, its name, or a JSON report of one"
    )

    parser.add_argument(
        "--rows",
        metavar="N",
        type=int,
        help="fill the tables of a copy to N rows, and to N/10: what grows with the data is told",
    )
    parser.add_argument(
        "--serve",
        action="store_true",
        help="run the app under uvicorn and send it the requests over loopback",
    )
    parser.add_argument(
        "--rate",
        metavar="R",
        type=float,
        help="and then those that read, R a second whether or not answers come",
    )
    parser.add_argument("--seconds", metavar="S", type=float, default=10.0, help="for how long; default: 10")


def prove(parser: argparse.ArgumentParser) -> None:
    requests(parser)
    proof = parser.add_argument_group("what is proved, and how")
    proof.add_argument("--patch", metavar="FILE", type=Path, help="a patch file, on the files as they are")
    proof.add_argument(
        "--worktree", action="store_true", help="what is not committed, as without any of these"
    )
    proof.add_argument(
        "--test",
        metavar="NODEID",
        action="append",
        help="ask both versions by this test only; repeatable",
    )
    proof.add_argument(
        "--launches", metavar="K", type=int, help="times both versions are started to be timed"
    )


def review(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--only-read",
        action="store_true",
        help="run nothing of the service: its OpenAPI documents are not compared",
    )
    parser.add_argument(
        "--adr",
        metavar="FILE",
        type=Path,
        help="write a draft of a decision record there, if there is something for a person to decide",
    )


def tune(parser: argparse.ArgumentParser) -> None:
    requests(parser)
    access_log(parser)
    proof = parser.add_argument_group("what is mended, and how it is proved")
    proof.add_argument(
        "--only", metavar="NAME", action="append", type=_names, help="mend only these problems; repeatable"
    )
    proof.add_argument(
        "--decide",
        metavar="NAME=OPTION",
        action="append",
        help="mend the findings of a problem by one of its options; repeatable",
    )
    proof.add_argument(
        "--again",
        action="store_true",
        help="also try repairs that were dropped before, and for the same cause",
    )
    proof.add_argument(
        "--launches", metavar="K", type=int, help="times each pair of versions is started to be timed"
    )
    proof.add_argument(
        "--with-tests",
        action="store_true",
        help="give repairs a test that fails without them: of statements, commits, connections, clients, bytes, or what the event loop waits for",
    )
    model = parser.add_argument_group("who is asked where pitstop has no repair; without this, nobody")
    model.add_argument(
        "--with-llm",
        metavar="MODEL",
        help="send the code of such findings to this model (LiteLLM's name, e.g. openai/gpt-5), for it to propose repairs",
    )
    model.add_argument(
        "--llm-questions", metavar="N", type=int, help="about how many findings it may be asked; default: 20"
    )
    kept = parser.add_argument_group(
        "where proven repairs go; without any of these, into patch files of pitstop's own"
    )
    kept.add_argument(
        "--apply", action="store_true", help="into the project's own files; `pitstop undo` takes them back"
    )
    kept.add_argument(
        "--branch",
        metavar="NAME",
        nargs="?",
        const="",
        help="onto a new git branch, `pitstop` if not named, one commit each",
    )
    kept.add_argument("--patches", metavar="DIR", type=Path, help="into patch files for `git apply`")


def populate(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--rows", metavar="N", type=int, default=1000, help="rows of tables that grow; default: 1000"
    )
    parser.add_argument(
        "--grow",
        metavar="TABLE=N",
        action="append",
        default=[],
        help="another number of rows for one table; repeatable",
    )
    parser.add_argument("--to", metavar="FILE", type=Path, help="where the copy of an SQLite database goes")


def record(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "path",
        metavar="PATH",
        nargs="?",
        default=".",
        help="the project's folder, read for its routes (default: .)",
    )
    parser.add_argument(
        "--to", metavar="URL", required=True, help="where the service is, e.g. http://127.0.0.1:8000"
    )
    parser.add_argument(
        "--listen", metavar="PORT", type=int, default=8001,
        help="where requests are to be sent, on loopback; 0 for any free port; default: 8001",
    )  # fmt: skip
    parser.add_argument(
        "--out", metavar="FILE", type=Path, default=Path("requests.jsonl"),
        help="where the requests are written; default: requests.jsonl",
    )  # fmt: skip
    parser.add_argument(
        "--allow-remote-target",
        action="store_true",
        help="pass requests on even to another machine, as they are",
    )
    parser.add_argument("--quiet", action="store_true", help="no progress")


def _format_and_file(text: str) -> tuple[str, Path]:
    name, _, file = text.partition("=")
    if name not in FORMATS or not file:
        raise argparse.ArgumentTypeError(f"`{text}` is not FORMAT=FILE with a FORMAT of {', '.join(FORMATS)}")
    return name, Path(file)


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())
