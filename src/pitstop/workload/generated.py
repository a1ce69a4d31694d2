"""Requests made from the service's own OpenAPI document, sent by schemathesis to the app as it serves on loopback.

Schemathesis makes values that fit the schema, and puts what earlier answers gave (ids, slugs) into later requests. Its
seed and the probe's make the same requests again as long as document and answers are the same.
"""

from __future__ import annotations

import importlib.util
import json
import os
import re
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from pitstop.data import Skipped
from pitstop.errors import TargetError
from pitstop.target.keys import Keys
from pitstop.target.model import Target
from pitstop.target.process import Running
from pitstop.temporary import TemporaryFolder
from pitstop.traces.records import Run
from pitstop.workload.drive import start
from pitstop.workload.identities import with_identities
from pitstop.workload.launched import ProbeSettings
from pitstop.workload.login import log_in
from pitstop.workload.model import Driven, Generate, Passed, Progress, Replay
from pitstop.workload.recorded import Request, write_requests
from pitstop.workload.server import Server

SEED = 7
"""Of the requests' values, and of clock, ids and random numbers of the app that they are sent to."""
_LOOK_S = 0.1
_ASKED = (
    *("--mode", "positive", "--phases", "examples,fuzzing,stateful", "--no-shrink", "--continue-on-failure"),
    *("--generation-codec", "ascii", "--generation-database", "none", "--request-timeout", "30"),
    *("--suppress-health-check", "all", "--no-color"),
)
"""Valid requests, each operation a few times and then chains of them; nothing is judged."""
_LEFT_ALONE = (r"(?i)(log|sign)[-_]?(out|off)|revoke|shutdown", r"(?i)^DELETE .*/me/?$")
"""By method and path: what would take the login away that all other requests need, or end the app."""

_PARAMETER = re.compile(r"\{(\w+)")
_REFUSED = re.compile(r"^_+ ([A-Z]+ /\S*) _+$", re.MULTILINE)
"""How schemathesis heads what keeps it from making requests to a route."""
_NAMED = 3


def document_of(run: Run, target: Target) -> dict[str, Any] | None:
    """The OpenAPI document of the app, as it makes it itself, also where it serves none; with those of apps that are mounted
    in it. None where none names a route."""
    name = target.app.spec if target.app is not None else ""
    for each in sorted(run.openapi, key=lambda each: each.app != name):
        document: dict[str, Any] = msgspec.json.decode(each.document)
        for number, (path, inner) in enumerate(each.mounted):
            _mount(document, path, bytes(inner), f"mounted{number}_")
        if document.get("paths"):
            _declare(document)
            return document
    return None


def _document(run: Run, target: Target) -> dict[str, Any]:
    document = document_of(run, target)
    if document is not None:
        return document
    raise TargetError(
        "the app's OpenAPI document names no route to send requests to",
        "Routes with `include_in_schema=False` are left out. Record requests instead: `--requests FILE`.",
    )


def _declare(document: dict[str, Any]) -> None:
    """Add the parameters of paths that no handler takes, as of a router's prefix: FastAPI's document leaves them out."""
    for path, operations in document["paths"].items():
        for operation in operations.values():
            if not isinstance(operation, dict):
                continue
            known = [*operations.get("parameters", ()), *operation.get("parameters", ())]
            names = set(_PARAMETER.findall(path)) - {each.get("name") for each in known}
            if names and not any("$ref" in each for each in known):
                operation.setdefault("parameters", []).extend(
                    {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
                    for name in sorted(names)
                )


def _mount(document: dict[str, Any], path: str, inner: bytes, mark: str) -> None:
    """Add the routes of a mounted app. `mark` tells its components from those of other documents."""
    place = '"#/components/'
    components = msgspec.json.decode(inner).get("components", {})
    text = inner.decode()
    for kind in components:
        text = text.replace(f"{place}{kind}/", f"{place}{kind}/{mark}")
    added = msgspec.json.decode(text)
    paths = document.setdefault("paths", {})
    for route, operations in added.get("paths", {}).items():
        paths.setdefault(path + route, operations)
    for kind, values in added.get("components", {}).items():
        known = document.setdefault("components", {}).setdefault(kind, {})
        known.update({mark + name: value for name, value in values.items()})


def generate(
    workload: Generate,
    target: Target,
    workspace_path: Path,
    probe: ProbeSettings,
    *,
    environment: Mapping[str, str] | None = None,
    database: str | None = None,
    keys: Sequence[Keys] = (),
    timeout: float,
    on_progress: Callable[[Progress], None] = lambda _: None,
) -> Driven:
    """Serve the app, send it generated requests for at most `timeout` seconds, and give what was recorded.

    `keys` are of the rows that requests are to ask for. The probe has the app talk to nobody but this machine meanwhile. Where the app does not start, that is what is given.
    Raises TargetError when it cannot be served, has no document, refuses the login, or schemathesis is missing or fails.
    """
    if importlib.util.find_spec("schemathesis") is None:
        raise TargetError(
            "generated requests need schemathesis, which is not installed beside pitstop",
            "Install it: pip install 'pitstop[generate]'.",
        )
    began = time.monotonic()
    probe = msgspec.structs.replace(probe, seed=SEED, offline=True, replayable=True)
    with TemporaryFolder("pitstop-document-") as folder:
        file = folder.path / "requests.jsonl"
        write_requests(file, [Request(method="GET", path="/openapi.json")])
        looked = start(
            Replay(requests=file), target, workspace_path, probe, environment=environment, database=database
        ).wait(timeout=timeout)
    if not isinstance(looked.ending, Passed):
        return looked
    document = with_identities(_document(looked.run, target), keys)
    server = Server(
        target, workspace_path, probe, environment=environment, database=database, timeout_s=timeout
    )
    with server, TemporaryFolder("pitstop-generate-") as folder:
        headers = log_in(server.url, workload.login) if workload.login is not None else {}
        unsent = _send(workload, server, document, headers, folder.path, began, timeout, on_progress)
        server.require_alive()
        driven = server.finish()
    if unsent:
        skipped = Skipped(stage="measure", subject="requests", reason=unsent)
        run = msgspec.structs.replace(driven.run, skipped=(*driven.run.skipped, skipped))
        driven = msgspec.structs.replace(driven, run=run)
    return driven


def _send(
    workload: Generate,
    server: Server,
    document: dict[str, Any],
    headers: Mapping[str, str],
    folder: Path,
    began: float,
    timeout: float,
    on_progress: Callable[[Progress], None],
) -> str:
    """What was not sent, and why; empty where all was."""
    schema = folder / "openapi.json"
    schema.write_text(json.dumps(document), "utf-8")
    config = folder / "schemathesis.toml"
    # In a file, not on the command line: a token there could be read by anyone on the machine.
    config.write_text("\n".join(_config(headers)), "utf-8")
    command = [
        *(sys.executable, "-m", "pitstop.workload.schemathesis_run", "--config-file", str(config)),
        *(
            "run",
            str(schema),
            "--url",
            server.url,
            "--seed",
            str(SEED),
            "--max-examples",
            str(workload.cases),
        ),
        *_ASKED,
    ]
    end = max(began + timeout, time.monotonic() + 1)
    with Running(command, cwd=folder, environment=_environment(folder)) as running:
        last: Progress | None = None
        while running.poll() is None:
            now = server.progress()
            if now != last:
                on_progress(now)
                last = now
            server.require_alive()
            if time.monotonic() > end:
                return f"generated requests were stopped after {timeout:.0f} s (`--timeout`); later ones were not sent"
            time.sleep(_LOOK_S)
        done = running.finish()
    if not done.returncode:
        return ""
    refused = list(dict.fromkeys(_REFUSED.findall(done.output)))
    if not refused or not server.progress().requests:
        said = [line.strip() for line in done.output.splitlines() if line.strip()]
        raise TargetError(
            f"schemathesis could not make requests: {' '.join(said[-3:]) or f'exit code {done.returncode}'}",
            "Check the app's OpenAPI document, or record requests instead: `--requests FILE`.",
        )
    more = f" and {len(refused) - _NAMED} more" if len(refused) > _NAMED else ""
    return (
        f"schemathesis makes none from what the OpenAPI document says of {', '.join(refused[:_NAMED])}{more}"
    )


def _config(headers: Mapping[str, str]) -> list[str]:
    """The settings of schemathesis that have no option."""
    lines = []
    if headers:
        given = ", ".join(f"{json.dumps(name)} = {json.dumps(value)}" for name, value in headers.items())
        lines.append(f"headers = {{ {given} }}")
    lines += ["[checks]", "enabled = false"]
    for pattern in _LEFT_ALONE:
        lines += ["[[operations]]", f"include-name-regex = {json.dumps(pattern)}", "enabled = false"]
    return lines


def _environment(folder: Path) -> dict[str, str]:
    ours = {
        name: value for name, value in os.environ.items() if not name.startswith(("SCHEMATHESIS", "PITSTOP"))
    }
    # A proxy would be sent what is meant for this machine.
    return {
        **ours,
        "NO_PROXY": "*",
        "no_proxy": "*",
        "HYPOTHESIS_STORAGE_DIRECTORY": str(folder / "hypothesis"),
    }
