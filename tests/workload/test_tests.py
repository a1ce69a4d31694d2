from __future__ import annotations

from pathlib import Path

import pytest

from pitstop.errors import TargetError
from pitstop.target.model import Interpreter, Suite, Target
from pitstop.target.process import Completed
from pitstop.traces.records import Dropped, End, Exchange, Run, TestOutcome
from pitstop.workload.drive import require
from pitstop.workload.failures import explain
from pitstop.workload.model import BrokeOff, NothingRan, NotStarted, Passed, SomeFailed
from pitstop.workload.tests import ending, neutralised, pytest_command


def target(suite: Suite, **packages: str) -> Target:
    names = {name.replace("_", "-"): version for name, version in packages.items()}
    interpreter = Interpreter(path=Path("/env/bin/python"), version=(3, 11, 0), packages=names)
    return Target(root=Path("/p"), interpreter=interpreter, tests=suite)


@pytest.mark.parametrize(
    ("options", "packages", "there", "absent"),
    [
        ("", {}, ["-p no:randomly", "-p no:cacheprovider"], ["-n", "--no-cov"]),
        ("", {"pytest-xdist": "3", "pytest-cov": "5"}, ["-n 0", "--no-cov"], []),
        ("-p no:xdist", {"pytest-xdist": "3"}, [], ["-n 0"]),
        ("--ff", {}, [], ["no:cacheprovider"]),
        ("--last-failed-no-failures=all", {}, [], ["no:cacheprovider"]),
        ("--stepwise", {}, [], ["no:cacheprovider"]),
        ("--randomly-seed=3", {"pytest-randomly": "3"}, ["--randomly-dont-reorganize"], ["no:randomly"]),
        (
            "",
            {"pytest-rerunfailures": "1", "pytest-benchmark": "1"},
            ["--reruns 0", "--benchmark-disable"],
            [],
        ),
    ],
)
def test_plugins_are_calmed(
    options: str, packages: dict[str, str], there: list[str], absent: list[str]
) -> None:
    line = " ".join(neutralised(options, packages))
    assert all(text in line for text in there)
    assert not any(text in line for text in absent)


def test_node_ids_seen_from_where_pytest_starts() -> None:
    inner = target(Suite(arguments=("tests",), cwd="backend", config="pytest.ini"))
    assert (
        pytest_command(inner, ["backend/tests/test_a.py::test_x[a/b::c]"])[-1]
        == "tests/test_a.py::test_x[a/b::c]"
    )
    own = target(Suite(arguments=("tests",), cwd="backend", config="backend/pytest.ini"))
    assert pytest_command(own, ["tests/test_a.py::T::test_x"])[-1] == "tests/test_a.py::T::test_x"


def test_too_many_node_ids_become_files() -> None:
    suite = target(Suite(arguments=("tests",)))
    selection = [f"tests/test_{n % 2}.py::test_{'x' * 50}_{n}" for n in range(5_000)]
    assert pytest_command(suite, selection)[-2:] == ["tests/test_0.py", "tests/test_1.py"]


def completed(returncode: int, output: str = "") -> Completed:
    return Completed(command=("x",), returncode=returncode, timed_out=False, duration_s=1.0, output=output)


def test_endings() -> None:
    good = TestOutcome(id="a", outcome="passed")
    bad = TestOutcome(id="b", outcome="error", message="first line\nsecond")
    skipped = TestOutcome(id="c", outcome="skipped")
    two = (End(of=2),)
    assert ending(completed(0), Run(tests=(good, skipped), ends=two)) == Passed(passed=1, skipped=1)
    assert ending(completed(1), Run(tests=(good, bad), ends=two)) == SomeFailed(
        passed=1, skipped=0, failed=(("b", "first line"),)
    )
    assert isinstance(ending(completed(5), Run()), NothingRan)
    assert isinstance(ending(completed(0), Run()), NothingRan)


@pytest.mark.parametrize(
    ("returncode", "says"),
    [
        (-9, "killed"),
        (-11, "segmentation fault"),
        (-7, "signal 7"),
        (3, "exit code 3: ValueError: no"),
        (1, "code 1"),
        (0, "os._exit"),
    ],
)
def test_a_process_that_died_is_never_a_pass(returncode: int, says: str) -> None:
    one = TestOutcome(id="a", outcome="passed")
    exchange = Exchange(key="a#1", method="GET", path="/")
    dropped = (Dropped(why="", requests=2),)
    for cut in (
        Run(tests=(one,), interrupted="b"),
        Run(tests=(one, TestOutcome(id="c", outcome="failed")), interrupted="b"),
        Run(tests=(one,), ends=(End(of=2),), interrupted="b"),
        Run(exchanges=(exchange,), interrupted="b"),
        Run(interrupted="b", dropped=dropped),
    ):
        end = ending(completed(returncode, "ValueError: no"), cut)
        assert isinstance(end, BrokeOff)
        assert says in end.cause
        assert end.last == "b"
        assert f"{len(cut.exchanges)} requests" in end.reached
        assert ("2 more that left no record" in end.reached) == bool(cut.dropped)
        with pytest.raises(TargetError, match=r"broke off after .* in b: the process"):
            require(end)


@pytest.mark.parametrize(("returncode", "says"), [(-9, "killed"), (3, "it printed nothing")])
def test_a_process_that_died_before_anything_ran(returncode: int, says: str) -> None:
    end = ending(completed(returncode), Run())
    assert isinstance(end, NotStarted)
    assert says in end.cause


@pytest.mark.parametrize("mark", ["", "E   "])
def test_settings_that_are_refused_are_named(mark: str) -> None:
    said = [
        "2 validation errors for Settings",
        "db_user",
        "  Value error,",
        "=",
        "secret_key",
        "  String should have at least 16 characters",
    ]
    output = "\n".join(mark + line for line in said) + "\n"
    cause, hint = explain(output.replace(mark, f"{mark}pydantic_core.ValidationError: ", 1), 4)
    assert cause == "the settings class Settings does not take DB_USER and SECRET_KEY as they are set"
    assert "`DB_USER=... SECRET_KEY=... pitstop ...`" in hint
