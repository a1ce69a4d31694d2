"""How the probe comes into a process: after any other `sitecustomize`, and only where `PITSTOP_PROBE` asks for it."""

from __future__ import annotations

import atexit
import functools
import importlib.util
import os
import sys
from collections.abc import Callable
from importlib.machinery import PathFinder
from typing import TYPE_CHECKING, Any

from .config import Config, load
from .imports import ImportHooks
from .real import Real, after_fork
from .state import Probe

if TYPE_CHECKING:
    from .asgi import Recorder
    from .output import Output

PROBE: Probe | None = None
"""The probe of this process, once it has begun."""
HOOKS: ImportHooks | None = None


def hand_over(own: str) -> None:
    """Run the `sitecustomize` that this one stands in front of, if there is any, as the interpreter would have."""
    folder = os.path.realpath(os.path.dirname(os.path.abspath(own)))
    others = [entry for entry in sys.path if os.path.realpath(entry or os.getcwd()) != folder]
    spec = PathFinder.find_spec("sitecustomize", others)
    if spec is None or spec.loader is None:
        return
    module = importlib.util.module_from_spec(spec)
    sys.modules["sitecustomize"] = module
    try:
        spec.loader.exec_module(module)
    except Exception:
        sys.stderr.write("Error in sitecustomize:\n")
        import traceback

        traceback.print_exc()


def begin(
    config: Config | None = None,
    output: Output | None = None,
    recorder: Callable[[Probe], Recorder] | None = None,
) -> Probe | None:
    """Start the probe in this process. None where it was not asked for, or was already started.

    What is given takes the place of the host's orders, of the file that records go to, and of what takes the requests.
    """
    global PROBE, HOOKS
    if PROBE is not None:
        return None
    config = config or load()
    if config is None:
        return None
    probe = PROBE = Probe(config, output)
    probe.recorder = recorder
    hooks = HOOKS = ImportHooks(probe.fault)
    hooks.install()
    output = probe.output
    output.first.append(lambda: process_record(config))
    if config.counts is not None:
        probe.tally.open()
    after_fork(probe.stacks.forget)
    after_fork(probe.texts.forget)
    hooks.after("asyncio.events", lambda module: setattr(probe, "running_loop", module._get_running_loop))
    if config.databases is not None:
        # First of all and unguarded by the loop below: without it nothing may run against a database.
        from . import guard

        guard.install(probe, hooks.after, config.databases)
    if config.offline:
        # As the guard: without it nothing may be sent to the app.
        from . import offline

        offline.install(probe, hooks.after)
    if config.seed is not None:
        from . import clock

        clock.start(probe, config.seed, hooks.after)
    for part in _parts():
        try:
            part(probe, hooks.after)
        except Exception as error:
            probe.fault(part.__module__, error)
    _flush_at_exit(probe)
    output.flush()
    return probe


def _parts() -> list[Any]:
    from . import (
        asgi,
        caches,
        calls,
        cashews_hits,
        database,
        drivers,
        executors,
        files,
        hits,
        holds,
        http_clients,
        logs,
        loop,
        mingle,
        mongo,
        openapi,
        opens,
        pair,
        phases,
        pools,
        psycopg2,
        qdrant,
        stores,
    )

    return [
        asgi.install,
        phases.install,
        database.install,
        pools.install,
        holds.install,
        drivers.install,
        psycopg2.install,
        http_clients.install,
        calls.install,
        stores.install,
        mongo.install,
        qdrant.install,
        executors.install,
        loop.install,
        hits.install,
        files.install,
        opens.install,
        logs.install,
        caches.install,
        cashews_hits.install,
        openapi.install,
        pair.install,
        mingle.install,
    ]


def _flush_at_exit(probe: Probe) -> None:
    output = probe.output

    def leave(status: int) -> None:
        try:
            output.flush(1.0)
        finally:
            Real.exit(status)

    def before(original: Any) -> Any:
        @functools.wraps(original)
        def become(*args: Any, **named: Any) -> Any:
            if output.has_begun:  # a child between fork and exec has nothing to say
                output.flush(1.0)
            return original(*args, **named)

        return become

    os._exit = leave  # type: ignore[assignment]  # forked workers end this way and never reach `atexit`
    os.execv, os.execve = before(os.execv), before(os.execve)  # as do programs that start themselves anew
    atexit.register(finish, probe)


def finish(probe: Probe) -> None:
    """Write all that is known, while the interpreter is still whole."""
    for write in probe.at_exit:
        try:
            write()
        except Exception as error:
            probe.fault("exit", error)
    probe.documents.write()
    probe.output.tell_faults()
    probe.output.flush(5.0)


def process_record(config: Config) -> dict[str, Any]:
    """What this interpreter is, with the packages that its path holds."""
    return {
        "type": "process",
        "pid": os.getpid(),
        "python": ".".join(str(part) for part in sys.version_info[:3]),
        "executable": sys.executable or "",
        "argv": list(getattr(sys, "orig_argv", None) or getattr(sys, "argv", [])),
        "packages": packages(),
        "seed": config.seed,
    }


def packages() -> dict[str, str]:
    """Installed distributions by the names of their metadata folders, which is all that costs little."""
    found: dict[str, str] = {}
    for folder in reversed(sys.path):
        try:
            names = os.listdir(folder or ".")
        except OSError:
            continue
        for name in names:
            stem, ending = os.path.splitext(name)
            if ending in (".dist-info", ".egg-info") and "-" in stem:
                distribution, version = stem.split("-")[:2]
                found[distribution.lower().replace("_", "-")] = version
    return found
