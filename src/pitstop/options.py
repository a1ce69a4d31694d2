"""The command line: verbs, their options, and what is said to a wrong one. Standard library only, so that it starts at once."""

from __future__ import annotations

import argparse
import difflib
import re
from typing import NoReturn

from pitstop import __version__, arguments
from pitstop.errors import UsageError

VERBS = {
    "inspect": "read the code and say what is wrong",
    "measure": "run the service's tests, recorded or generated requests, and say what each route costs",
    "diagnose": "look into a complaint in words: which route, what is wrong, and why",
    "tune": "find, mend in a copy, and prove each repair; keep those that passed",
    "prove": "say of any change whether the service answers as before, and what else it costs",
    "review": "say what a change brings: new findings, what breaks clients, what to ask",
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
        arguments.common(made[name])
    made["prove"].add_argument(
        "commits",
        metavar="BASE..HEAD",
        nargs="?",
        help="two commits, or one for BASE..HEAD; without it, what is not committed",
    )
    made["prove"].add_argument("--path", default=".", help="the project's folder (default: .)")
    arguments.common(made["prove"])
    made["diagnose"].add_argument(
        "complaint",
        metavar="COMPLAINT",
        help="in your own words, e.g. 'GET /orders/{id} is slow and sometimes returns 500'",
    )
    made["diagnose"].add_argument("--path", default=".", help="the project's folder (default: .)")
    arguments.common(made["diagnose"])
    arguments.requests(made["diagnose"])
    made["review"].add_argument(
        "commits",
        metavar="BASE",
        nargs="?",
        help="a commit, for what the work tree has more; or BASE..HEAD; by default where the branch left the main one",
    )
    made["review"].add_argument("--path", default=".", help="the project's folder (default: .)")
    arguments.common(made["review"])
    arguments.review(made["review"])
    made["contract"].add_argument(
        "documents",
        metavar="BASE HEAD",
        nargs="+",
        help="two OpenAPI documents in JSON, each a file or COMMIT:FILE; or BASE..HEAD, for those of the service at two commits",
    )
    made["contract"].add_argument("--path", default=".", help="the project's folder (default: .)")
    arguments.said(made["contract"])
    arguments.target(made["contract"])
    arguments.inspect(made["inspect"])
    arguments.measure(made["measure"])
    arguments.tune(made["tune"])
    arguments.prove(made["prove"])
    arguments.populate(made["populate"])
    arguments.record(made["record"])
    made["explain"].add_argument(
        "name", metavar="NAME", nargs="?", help="the problem; without it, all are listed"
    )
    made["undo"].add_argument(
        "id", metavar="ID", nargs="?", help="the patch; without it, all that was last applied"
    )
    made["undo"].add_argument("--path", default=".", help="the project's folder (default: .)")
    for name in ("record", "explain", "undo"):
        arguments.color(made[name])
    return parser, made
