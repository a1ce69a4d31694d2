"""What recording costs: retired instructions a request without a recorder, with pitstop's probe, and with its peers.

    python bench/overhead.py [--requests 100] [--environment FOLDER] [--parts]

Instructions are counted by valgrind over all threads of the process, for N and for 2 N requests; the difference is N
requests, without start, warm-up and end. The trivial route is asked ten times as often: what is done by the clock falls on few of its requests, and
one flush more or less among a hundred moves the figure by a hundredth. Hash seed and addresses are fixed. The probe runs with everything on: bodies,
watchdog, phases, the list of databases, and hits of all the app's lines; not of the driver's, which stands for a server. What it does
by the clock (watchdog, flushing) it does as often per request as without valgrind: valgrind's slowness is measured first,
and the intervals are stretched by it, pyinstrument's as well; a machine that is busy with other things shows them dearer
than they are. A figure takes a minute or two, and is told as soon as it is there. OpenTelemetry and Sentry trace each request and its statements and throw away what they would send; pyinstrument
samples stacks only. `--parts` shows what the probe takes without each of its parts. All are installed in an environment of their own, in which the app runs without a recorder, too.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from pitstop.traces.reading import read_run

HERE = Path(__file__).resolve().parent
PROBE = HERE.parent / "src" / "pitstop_probe"
APP = "overhead_app"
DRIVER = "overhead_driver"
RECORDERS = ("none", "probe", "opentelemetry", "sentry", "pyinstrument")
ROUTES = {"trivial": 10, "queries": 1}
"""How many times N requests each is asked."""
TARGET = 1.10
PROBE_WITHOUT: dict[str, dict[str, Any]] = {
    "probe": {},
    "without phases": {"phases": False},
    "without watchdog": {"watchdog_ms": 0},
    "without hits": {"hits": {}},
    "without seed": {"seed": None},
    "without databases": {"databases": None},
}
"""Orders that differ where a part of the probe is left out."""
VALGRIND = (
    "setarch",
    "-R",
    "valgrind",
    "--tool=cachegrind",
    "--cache-sim=no",
    "--cachegrind-out-file=/dev/null",
)
PACKAGES = (
    "fastapi",
    "sqlalchemy<2.1",  # the newest that OpenTelemetry's instrumentation listens to
    "opentelemetry-sdk",
    "opentelemetry-instrumentation-fastapi",
    "opentelemetry-instrumentation-sqlalchemy",
    "sentry-sdk",
    "pyinstrument",
)
_COUNT = re.compile(r"I\s+refs:\s+([\d,]+)")


def make_environment(folder: Path) -> Path:
    """The interpreter of an environment that has all of them; what is there already stays as it is."""
    python = folder / "bin" / "python"
    uv = shutil.which("uv")
    make = [uv, "venv", "--quiet", "--python", sys.executable] if uv else [sys.executable, "-m", "venv"]
    install = [uv, "pip", "install", "--python", str(python)] if uv else [str(python), "-m", "pip", "install"]
    if not python.exists():
        subprocess.run([*make, str(folder)], check=True)
    subprocess.run([*install, "--quiet", *PACKAGES], check=True)
    return python


def lay_out(folder: Path, stretch: float, recorder: str) -> dict[str, str]:
    """A workspace with app and probe; the variables that switch the probe on."""
    shutil.copytree(PROBE, folder / "probe" / "pitstop_probe", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copyfile(PROBE / "_sitecustomize.py", folder / "probe" / "sitecustomize.py")
    for module in (APP, DRIVER):
        shutil.copyfile(HERE / f"{module}.py", folder / f"{module}.py")
    orders = {
        "out": str(folder / "out"),
        "root": str(folder),
        "exclude": ["probe"],
        "watchdog_ms": 20 * stretch,
        "flush_ms": 100 * stretch,
        "bodies": True,
        "seed": 7,
        "hits": {f"{APP}.py": list(range(1, 200))},
        "databases": ["sqlite"],
        "pair": None,
        "phases": True,
        **PROBE_WITHOUT.get(recorder, {}),
    }
    (folder / "probe.json").write_text(json.dumps(orders))
    return {"PYTHONPATH": str(folder / "probe"), "PITSTOP_PROBE": str(folder / "probe.json")}


def run(python: Path, case: tuple[str, str, int], *, stretch: float, count: bool) -> tuple[int, float]:
    """One process: its instructions (0 where they are not counted), and the seconds that the requests took."""
    recorder, route, requests = case
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        probe = lay_out(folder, stretch, recorder)
        environment = {"PATH": os.environ["PATH"], "PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1"}
        if recorder in PROBE_WITHOUT:
            environment.update(probe)
        done = subprocess.run(
            [
                *(VALGRIND if count else ()),
                str(python),
                "-m",
                DRIVER,
                recorder,
                route,
                str(requests),
                str(stretch),
            ],
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        found = _COUNT.search(done.stderr)
        if done.returncode or (count and found is None):
            raise SystemExit(f"{recorder} on {route} failed:\n{done.stdout}{done.stderr}")
        if recorder in PROBE_WITHOUT:
            check_records(folder / "out", route, recorder)
        return int(found[1].replace(",", "")) if found else 0, float(done.stdout.split()[-1])


def check_records(out: Path, route: str, recorder: str) -> None:
    """The probe must have recorded what it is paid for."""
    run = read_run(out)
    assert (run.faults, run.dropped, run.refused, run.skipped) == ((), (), (), ()), run
    assert run.exchanges
    for position, exchange in enumerate(run.exchanges):
        selects = [each for each in exchange.statements if each.operation == "SELECT"]
        assert len(selects) == (5 if route == "queries" else 0), exchange
        assert all(run.frames(position, each.stack) for each in selects), exchange
        assert exchange.status == 200, exchange
        assert exchange.body, exchange
        assert exchange.lines or recorder == "without hits", exchange
        assert exchange.moments or recorder == "without phases", exchange


def main() -> int:
    """Measure, print the table; 1 where the probe costs more than its target."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--requests", type=int, default=100, help="N")
    parser.add_argument(
        "--environment", type=Path, default=Path(tempfile.gettempdir()) / "pitstop-bench-overhead"
    )
    parser.add_argument("--parts", action="store_true", help="also without each part of the probe")
    parser.add_argument("--recorders", nargs="+", choices=RECORDERS, default=RECORDERS)
    parser.add_argument("--routes", nargs="+", choices=ROUTES, default=list(ROUTES))
    arguments = parser.parse_args()
    recorders = [*arguments.recorders, *(list(PROBE_WITHOUT)[1:] if arguments.parts else ())]
    for tool in ("valgrind", "setarch"):
        if shutil.which(tool) is None:
            parser.error(f"{tool} is needed to count instructions")
    python = make_environment(arguments.environment)
    probing = ("none", "trivial", arguments.requests)
    stretch = run(python, probing, stretch=1, count=True)[1] / run(python, probing, stretch=1, count=False)[1]
    cases = [(recorder, route) for route in arguments.routes for recorder in recorders]

    def measure(case: tuple[str, str]) -> float:
        requests = arguments.requests * ROUTES[case[1]]
        once, twice = (run(python, (*case, n * requests), stretch=stretch, count=True)[0] for n in (1, 2))
        figure = (twice - once) / float(requests)
        print(f"{' on '.join(case)}: {figure:,.0f}", file=sys.stderr, flush=True)
        return figure

    with ThreadPoolExecutor(max_workers=max((os.cpu_count() or 2) // 2, 1)) as pool:
        figures = dict(zip(cases, pool.map(measure, cases), strict=True))
    print(
        f"{'recorder':<18}" + "".join(f"{route + ' (instr.)':>20}{'ratio':>8}" for route in arguments.routes)
    )
    for recorder in recorders:
        row = f"{recorder:<18}"
        for route in arguments.routes:
            count = figures[recorder, route]
            row += f"{count:>20,.0f}{count / figures['none', route]:>8.3f}"
        print(row)
    worst = max(figures["probe", route] / figures["none", route] for route in arguments.routes)
    print(f"probe at most {worst:.3f} of none; target {TARGET}")
    return int(worst > TARGET)


if __name__ == "__main__":
    sys.exit(main())
