"""Why an app or its tests could not be started, told from what was printed, in words a person can act on."""

from __future__ import annotations

import re

from pitstop.traces.records import Run
from pitstop.workload.model import BrokeOff

_MISSING_MODULE = re.compile(r"No module named '([^']+)'")
_MISSING_NAME = re.compile(r"ImportError: (cannot import name .*)")
_SYNTAX = re.compile(
    r"File \"([^\"]+)\", line (\d+)[^\n]*\n(?:.*\n){0,4}?[E ]*\s*(SyntaxError|IndentationError|TabError): (.*)"
)
_KEY = re.compile(r"os\.environ|environ\[|getenv|/os\.py|<frozen os>")
_KEY_ERROR = re.compile(r"KeyError: '([A-Z][A-Z0-9_]*)'")
_SETTINGS = re.compile(r"(\d+) validation errors? for (\w*[Ss]ettings\w*|\w*Config\w*)\n((?:.*\n?)*)")
_FIELD = re.compile(r"^(?:E\s+)?([A-Za-z_][\w.]*)\s*\n(?:E\s+)?\s+[Ff]ield required", re.MULTILINE)
"""A field that is missing, as pydantic says it: version 1 begins with a small letter."""
_INVALID = re.compile(r"^(?:E   )?([a-z_]\w*) *\n(?:E   )?  \S", re.MULTILINE)
"""A field with what pydantic, or a validator of the service's, says against its value."""
_REFUSED = re.compile(
    r"(Connection refused|ConnectionRefusedError|could not connect to server|Connect call failed[^\n]*)"
)
_PLACE = re.compile(
    r"^(?:E\s+|[ \t]+)?File \"([^\"]+)\", line (\d+)|^([\w./-]+\.py):(\d+): in ", re.MULTILINE
)
_OURS = re.compile(r"^.*/pitstop-[^/]+/\d{4}/[^/]+/")
"""A copy of the tree: what lies in it is told as it lies in the project."""
_COLLECTING = re.compile(r"ERROR (?:collecting )?(\S+\.py)")
_EXCEPTION = re.compile(
    r"^(?:E\s+)?((?:[\w.]+\.)?\w*(?:Error|Exception|Warning|Exit|Interrupt)\b: ?.*)$", re.MULTILINE
)
_USAGE = re.compile(r"^(?:.*?: error: |ERROR: (?!usage:))(.*)$", re.MULTILINE)
_INSTALL = (
    "Install it in the interpreter used, or name the right one: `--python PATH`. A module of the project's own: run "
    "pitstop on the folder it is imported from."
)
_SIGNALS = {
    -9: "killed, perhaps for want of memory",
    -11: "ended by a crash (segmentation fault)",
    -6: "aborted",
    -15: "told to end (SIGTERM)",
}


def explain(output: str, returncode: int, *, of: str = "service") -> tuple[str, str]:
    """Cause and hint for a command that ended with `returncode` before it could do anything.

    `of` is what it was to run, the "service" or its "tests".
    """
    by_hand = (
        "Run the tests by hand; pitstop starts from a service that works."
        if of == "tests"
        else "Start the service by hand, e.g. with uvicorn; pitstop starts from one that works."
    )
    if told := told_by(output):
        return told
    where = _where(output)
    if found := _MISSING_NAME.search(output):
        return f"{found.group(1)}{where}", by_hand
    if returncode in _SIGNALS:
        return (
            f"the process was {_SIGNALS[returncode]}",
            by_hand,
        )
    if returncode == 4 and (usage := _USAGE.findall(output)):
        return (
            f"pytest did not understand its arguments: {usage[-1]}",
            "Look at addopts in pytest's configuration.",
        )
    said = _EXCEPTION.findall(output)
    cause = said[-1].strip() if said else (output.strip().splitlines() or ["it printed nothing"])[-1].strip()
    return (
        f"it stopped before the first request: {cause}{where}",
        by_hand,
    )


def told_by(output: str) -> tuple[str, str] | None:
    """Cause and hint, where what was printed names something that a person can put right; else None."""
    where = _where(output)
    if found := _SYNTAX.search(output):
        file, line, kind, text = found.groups()
        return (
            f"{file}:{line} cannot be parsed: {kind}: {text.strip()}",
            "Correct the file, then run pitstop again.",
        )
    if found := _SETTINGS.search(output):
        # where CI is set pytest prints the failure once more in its summary
        fields = list(dict.fromkeys(name.upper() for name in _FIELD.findall(found.group(3))))
        if fields:
            return (
                f"the settings class {found.group(2)} needs {_and(fields)}, which {_is(fields)} not set{where}",
                _set(fields),
            )
        fields = list(dict.fromkeys(name.upper() for name in _INVALID.findall(found.group(3))))
        if fields:
            return (
                f"the settings class {found.group(2)} does not take {_and(fields)} as {'it is' if len(fields) == 1 else 'they are'} set{where}",
                _set(fields),
            )
    if (found := _KEY_ERROR.search(output)) and _KEY.search(output):
        return f"the environment variable {found.group(1)} is not set{where}", _set([found.group(1)])
    if found := _MISSING_MODULE.search(output):
        return f"the module {found.group(1)!r} cannot be imported{where}", _INSTALL
    if found := _REFUSED.search(output):
        return (
            f"a server it needs does not answer: {found.group(1)}{where}",
            "Start the server (database, cache, queue), or give a database that may be copied: `--database URL`.",
        )
    return None


def broken_off(output: str, returncode: int, run: Run) -> BrokeOff:
    """The end of a command that ended with `returncode` in the middle of its work."""
    lost = sum(each.requests for each in run.dropped)
    reached = [f"{len(run.tests)} tests"] if run.tests else []
    reached.append(f"{len(run.exchanges)} requests")
    if lost:
        reached.append(f"{lost} more that left no record")
    said = _EXCEPTION.findall(output)
    if returncode < 0:
        cause = f"the process was {_SIGNALS.get(returncode, f'ended by signal {-returncode}')}"
    elif returncode == 0:
        cause = "the process ended by itself, with exit code 0, as `os._exit(0)` and `sys.exit(0)` make it"
    else:
        cause = f"the process ended with exit code {returncode}" + (f": {said[-1].strip()}" if said else "")
    hint = (
        "Run the tests or requests by hand: what ends the process in the middle has to go, or to be left out."
    )
    return BrokeOff(cause=cause, hint=hint, reached=_and(reached), last=run.interrupted, output=output)


def _where(output: str) -> str:
    collecting = _COLLECTING.search(output)
    places = [(a or c, b or d) for a, b, c, d in _PLACE.findall(output)]
    own = [place for place in places if "site-packages" not in place[0] and "/lib/python" not in place[0]]
    own = [place for place in own if not place[0].startswith("<")]
    if own:
        return f" ({_OURS.sub('', own[-1][0])}:{own[-1][1]})"
    return f" ({collecting.group(1)})" if collecting else ""


def _and(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _is(names: list[str]) -> str:
    return "is" if len(names) == 1 else "are"


def _set(names: list[str]) -> str:
    example = " ".join(f"{name}=..." for name in names)
    return (
        f"Set it where pitstop is started (`{example} pitstop ...`), in .env, or under "
        "[tool.pitstop.environment] of pyproject.toml."
    )
