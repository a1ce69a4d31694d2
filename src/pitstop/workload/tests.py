"""The project's tests as a workload: the pytest command, and what its end means."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath

from pitstop.errors import TargetError
from pitstop.target.files import relative
from pitstop.target.model import Suite, Target
from pitstop.target.process import Completed
from pitstop.traces.records import Run
from pitstop.workload.failures import broken_off, explain
from pitstop.workload.model import Ending, NeverEnded, NothingRan, NotStarted, Passed, SomeFailed

PLUGIN = "pitstop_probe.pytest_plugin"
_LONGEST_ARGUMENTS = 100_000
_NEEDS_CACHE = re.compile(
    r"(^|\s)(--(lf|last-failed\S*|ff|failed-first|nf|new-first|lfnf\S*|cache-\S+|sw\S*|stepwise\S*))(\s|=|$)"
)
_NEEDS_RANDOMLY = re.compile(r"(^|\s)--randomly-")


def pytest_command(
    target: Target, selection: Sequence[str] = (), environment: Mapping[str, str] | None = None
) -> list[str]:
    """The command that runs the target's tests with the probe's plugin, in one process and in the order of the files.

    `selection` are node ids as pytest gave them; empty for all. The project's own configuration holds, but for what
    would change the order, spread the tests over processes, stop at the first failure or measure coverage. `environment` is what it
    runs in. Raises TargetError when the target has no tests.
    """
    suite = target.tests
    if suite is None:
        raise TargetError(
            f"no tests were found in {target.root}: {target.found.get('tests', '')}".rstrip(": "),
            "Name them: `--tests PATH`. Or record requests and replay them.",
        )
    command = [str(target.interpreter.path), "-m", "pytest", "-p", PLUGIN]
    plugins = _loaded(target.interpreter.packages, suite.options, environment or {})
    command += neutralised(suite.options, plugins)
    command += ["--maxfail=0", "--color=no", "--tb=short"]
    if not suite.config:
        # else pytest looks for a configuration above the copy, in folders that are no part of the project
        command += ["--rootdir", ".", "-c", os.devnull, "--confcutdir", "."]
    return command + list(_selected(suite, selection) if selection else suite.arguments)


def _loaded(packages: Mapping[str, str], options: str, environment: Mapping[str, str]) -> Mapping[str, str]:
    """The packages whose plugins pytest loads: where it is told not to load them by itself, those that are named."""
    if not environment.get("PYTEST_DISABLE_PLUGIN_AUTOLOAD"):
        return packages
    named = " ".join([options, environment.get("PYTEST_ADDOPTS", ""), environment.get("PYTEST_PLUGINS", "")])
    return {
        name: version
        for name, version in packages.items()
        if re.search(rf"\b_?{re.escape(name.removeprefix('pytest-'))}\b", named)
    }


def neutralised(options: str, packages: Mapping[str, str]) -> list[str]:
    """Arguments that take away what plugins of the project would do to order, processes and speed.

    A plugin is only switched off where no option of the project's own `addopts` needs it to be understood.
    """
    arguments: list[str] = []
    if _NEEDS_RANDOMLY.search(options) and "pytest-randomly" in packages:
        arguments += ["--randomly-dont-reorganize", "--randomly-dont-reset-seed"]
    else:
        arguments += ["-p", "no:randomly"]
    if not _NEEDS_CACHE.search(options):
        arguments += ["-p", "no:cacheprovider"]
    if "pytest-xdist" in packages and not _switched_off(options, "xdist"):
        arguments += ["-n", "0"]
    if "pytest-cov" in packages and not _switched_off(options, "cov", "_cov", "pytest_cov"):
        arguments += ["--no-cov"]
    if "pytest-rerunfailures" in packages and not _switched_off(options, "rerunfailures"):
        arguments += ["--reruns", "0"]
    if "pytest-benchmark" in packages and not _switched_off(options, "benchmark"):
        arguments += ["--benchmark-disable"]
    if "pytest-sugar" in packages:
        arguments += ["-p", "no:sugar"]
    return arguments


def _switched_off(options: str, *plugins: str) -> bool:
    try:
        words = shlex.split(options)
    except ValueError:
        words = options.split()
    text = " ".join(words)
    return any(re.search(rf"-p[ =]?no:{re.escape(plugin)}(\s|$)", text) for plugin in plugins)


def _selected(suite: Suite, selection: Sequence[str]) -> list[str]:
    """Node ids as arguments from the folder pytest is started in; whole files where there are too many of them."""
    base = PurePosixPath(suite.config).parent if suite.config else PurePosixPath(suite.cwd)
    arguments: list[str] = []
    for node in selection:
        file, separator, name = node.partition("::")
        moved = relative(Path("/", base, file), Path("/", suite.cwd))
        arguments.append(moved + separator + name)
    if sum(map(len, arguments)) > _LONGEST_ARGUMENTS:
        arguments = list(dict.fromkeys(argument.partition("::")[0] for argument in arguments))
    return arguments


def ending(completed: Completed, run: Run) -> Ending:
    """How a run of the tests ended, from pytest's exit code and the probe's records."""
    by_outcome: dict[str, list[tuple[str, str]]] = {}
    for test in run.tests:
        first = test.message.strip().splitlines()[:1]
        by_outcome.setdefault(test.outcome, []).append((test.id, first[0] if first else ""))
    passed, skipped = len(by_outcome.get("passed", ())), len(by_outcome.get("skipped", ()))
    failed = tuple(by_outcome.get("failed", []) + by_outcome.get("error", []))
    if completed.timed_out:
        last = next((exchange.test for exchange in reversed(run.exchanges) if exchange.test), "")
        last = last or (run.tests[-1].id if run.tests else "")
        # the test that was interrupted has ended too, but not well
        done = sum(1 for name, _ in by_outcome.get("passed", ()) if name != last)
        return NeverEnded(after_s=completed.duration_s, passed=done, last=last)
    began = bool(run.tests or run.exchanges or run.interrupted)
    if completed.returncode == 5 or (completed.returncode == 0 and not began):
        # exit 0 with no record of a test: pytest was told to only list them, or the probe did not come up
        reason = "pytest collected no test" if completed.returncode == 5 else "no test was recorded"
        return NothingRan(reason=reason)
    of = max((end.of for end in run.ends), default=-1)
    whole = 0 <= of <= len(run.tests)
    if completed.returncode == 0 and whole:
        return Passed(passed=passed, skipped=skipped)
    if completed.returncode == 1 and failed and whole:
        return SomeFailed(passed=passed, skipped=skipped, failed=failed)
    if began:
        return broken_off(completed.output, completed.returncode, run)
    cause, hint = explain(completed.output, completed.returncode, of="tests")
    return NotStarted(cause=cause, hint=hint, output=completed.output)
