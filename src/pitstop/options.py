"""The command line: verbs, their options, and what is said to a wrong one. Standard library only, so that it starts at once."""

from __future__ import annotations

import argparse
import difflib
import re
from pathlib import Path
from typing import NoReturn

from pitstop import __version__
from pitstop.errors import UsageError
from pitstop.reports import FORMATS

VERBS = {
    "inspect": "read the code and say what is wrong",
    "measure": "run the service's tests, recorded or generated requests, and say what each route costs",
    "tune": "find, mend in a copy, and prove each repair; keep those that passed",
    "prove": "say of any change whether the service answers as before, and what else it costs",
    "contract": "say what changed in an OpenAPI document, and what of it breaks clients",
    "record": "pass requests on to a running service, and write them down for measure and tune",
    "populate": "fill a copy of the service's database with rows that fit its tables",
    "explain": "print what is known of a problem, or list all problems",
    "undo": "take an applied patch back",
}

EXIT_CODES = """\
exit codes:
  0  nothing left, or every repair proven
  1  findings remain, a proof failed, or something could not be looked at
  2  the command, an option or a setting is wrong
  3  the service, its interpreter, tests or database cannot be used
  4  pitstop's own fault
  130  interrupted before anything was found
"""


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    """The command as typed. Raises UsageError for a wrong one; `--help` and `--version` leave with SystemExit."""
    parser, verbs = _parser()
    typed, rest = parser.parse_known_args(arguments)
    if rest:
        given = rest[0].partition("=")[0]
        known = list(verbs[typed.verb]._option_string_actions)
        what = "has no option" if given.startswith("-") else "takes no further argument"
        raise UsageError(
            f"`pitstop {typed.verb}` {what} `{given}`", _hint(given, known, f"pitstop {typed.verb}")
        )
    return typed


class _Parser(argparse.ArgumentParser):
    def __init__(self, **options: object) -> None:
        super().__init__(allow_abbrev=False, **options)  # type: ignore[arg-type]  # argparse checks them

    def error(self, message: str) -> NoReturn:
        choice = re.match(r".*invalid choice: '(.*?)' \(choose from (.*)\)", message)
        known = [name.strip(" '") for name in choice[2].split(",")] if choice else []
        raise UsageError(message, _hint(choice[1] if choice else "", known, self.prog))


def _hint(given: str, known: list[str], command: str) -> str:
    near = difflib.get_close_matches(given, known, n=1, cutoff=0.5)
    help_ = f"`{command} --help` shows what there is."
    return f"Did you mean `{near[0]}`? {help_}" if near else help_


def _parser() -> tuple[_Parser, dict[str, _Parser]]:
    parser = _Parser(
        prog="pitstop",
        description="Finds what slows or endangers a FastAPI service, mends it, and proves the mend.",
        epilog=EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"pitstop {__version__}")
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", required=True, parser_class=_Parser)
    made = {
        name: verbs.add_parser(name, help=text, description=text.capitalize() + ".")
        for name, text in VERBS.items()
    }
    for name in ("inspect", "measure", "tune", "populate"):
        made[name].add_argument(
            "path", metavar="PATH", nargs="?", default=".", help="the project's folder (default: .)"
        )
        _add_common(made[name])
    made["prove"].add_argument(
        "commits",
        metavar="BASE..HEAD",
        nargs="?",
        help="two commits, or one for BASE..HEAD; without it, what is not committed",
    )
    made["prove"].add_argument("--path", default=".", help="the project's folder (default: .)")
    _add_common(made["prove"])
    made["contract"].add_argument(
        "documents",
        metavar="BASE HEAD",
        nargs="+",
        help="two OpenAPI documents in JSON, each a file or COMMIT:FILE; or BASE..HEAD, for those of the service at two commits",
    )
    made["contract"].add_argument("--path", default=".", help="the project's folder (default: .)")
    _add_said(made["contract"])
    _add_target(made["contract"])
    _add_inspect(made["inspect"])
    _add_measure(made["measure"])
    _add_tune(made["tune"])
    _add_prove(made["prove"])
    _add_populate(made["populate"])
    _add_record(made["record"])
    made["explain"].add_argument(
        "name", metavar="NAME", nargs="?", help="the problem; without it, all are listed"
    )
    made["undo"].add_argument(
        "id", metavar="ID", nargs="?", help="the patch; without it, all that was last applied"
    )
    made["undo"].add_argument("--path", default=".", help="the project's folder (default: .)")
    for name in ("record", "explain", "undo"):
        _add_color(made[name])
    return parser, made


def _add_color(parser: argparse._ActionsContainer) -> None:
    parser.add_argument(
        "--color", choices=("auto", "always", "never"), default="auto",
        help="auto: on a terminal, unless NO_COLOR is set",
    )  # fmt: skip


def _add_common(parser: argparse.ArgumentParser) -> None:
    said = _add_said(parser)
    said.add_argument(
        "--select",
        metavar="NAME",
        action="append",
        type=_names,
        help="only these problems or domains; repeatable",
    )
    said.add_argument(
        "--ignore",
        metavar="NAME",
        action="append",
        type=_names,
        help="not these problems or domains; repeatable",
    )
    target = _add_target(parser)
    target.add_argument("--tests", metavar="PATH", action="append", help="tests for pytest; repeatable")


def _add_said(parser: argparse.ArgumentParser) -> argparse._ArgumentGroup:
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
    _add_color(said)
    said.add_argument("--quiet", action="store_true", help="no progress")
    return said


def _add_target(parser: argparse.ArgumentParser) -> argparse._ArgumentGroup:
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


def _add_baseline(parser: argparse.ArgumentParser) -> argparse._ArgumentGroup:
    known = parser.add_argument_group("what is known already, and not to be said again")
    known.add_argument(
        "--baseline", metavar="FILE", type=Path,
        help="known findings, left out (default: pitstop-baseline.json, if there is one)",
    )  # fmt: skip
    return known


def _add_inspect(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--coverage",
        action="store_true",
        help="also say what each route may do, and what could not be followed",
    )
    known = _add_baseline(parser)
    known.add_argument(
        "--update-baseline", action="store_true", help="make all that is found the new baseline"
    )
    known.add_argument(
        "--prune-baseline", action="store_true", help="take out of the baseline what is found no more"
    )


def _add_requests(parser: argparse.ArgumentParser) -> None:
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


def _add_access_log(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--access-log",
        metavar="FILE",
        type=Path,
        action="append",
        help="rank by how often this log of uvicorn, gunicorn, nginx or JSON lines asks each route; repeatable",
    )


def _add_measure(parser: argparse.ArgumentParser) -> None:
    _add_baseline(parser)
    _add_requests(parser)
    _add_access_log(parser)
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


def _add_prove(parser: argparse.ArgumentParser) -> None:
    _add_requests(parser)
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


def _add_tune(parser: argparse.ArgumentParser) -> None:
    _add_requests(parser)
    _add_access_log(parser)
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


def _add_populate(parser: argparse.ArgumentParser) -> None:
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


def _add_record(parser: argparse.ArgumentParser) -> None:
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
