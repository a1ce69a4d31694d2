"""Imports an app, and starts it as a server does where that is asked for: `python -m pitstop_probe.starting APP --report FILE`.

APP is `module:name`, as for a replay. FILE gets the nanoseconds that passed, and those of the process's CPU. What is compiled goes to
the folder that `--cache` names: a service that is deployed has it compiled.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys

from .real import Real
from .replay import UNUSABLE, Lifespan, load


async def started(app: object) -> tuple[int, int]:
    """Start and stop an app; the wall and CPU clocks as it had started. Raises RuntimeError where it says that it failed."""
    lifespan = Lifespan(app)  # type: ignore[arg-type]  # `load` has seen that it can be called
    await lifespan.start()
    clocks = Real.perf_ns(), Real.cpu_ns()
    await lifespan.stop()
    return clocks


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m pitstop_probe.starting", description=__doc__)
    parser.add_argument("app", help="module:name")
    parser.add_argument("--report", required=True, help="file to write the times to")
    parser.add_argument("--cache", required=True, help="folder for what is compiled")
    parser.add_argument("--lifespan", action="store_true", help="run the app's start-up too")
    arguments = parser.parse_args()
    sys.path.insert(0, os.getcwd())
    sys.pycache_prefix, sys.dont_write_bytecode = arguments.cache, False
    wall, cpu = Real.perf_ns(), Real.cpu_ns()
    try:
        app = load(arguments.app)
        wall_then, cpu_then = Real.perf_ns(), Real.cpu_ns()
        if arguments.lifespan:
            wall_then, cpu_then = asyncio.run(started(app))
    except (ImportError, AttributeError, RuntimeError) as error:
        sys.stderr.write(f"{arguments.app} cannot be started: {error!r}\n")
        return UNUSABLE
    with open(arguments.report, "w", encoding="utf-8") as file:
        json.dump({"wall_ns": wall_then - wall, "cpu_ns": cpu_then - cpu}, file)
    return 0


if __name__ == "__main__":
    sys.exit(main())
