from __future__ import annotations

from pathlib import Path

import msgspec

from pitstop.data import Meant, Patch
from pitstop.proof.coverage import exercise
from pitstop.proof.prover import Prover
from pitstop.proof.reach import Reach, reach, watch
from pitstop.target.workspace import Workspace
from pitstop.verdicts import Unproven
from pitstop.workload.model import Tests
from tests.proof.runs import exchange, run
from tests.proof.service import lay
from tests.proof.service import patch as patch_of_service
from tests.proof.test_coverage import TEXT, made

WATCHED = watch({"m.py": TEXT})
OTHER = ("    return 1\n", "    return 2\n")
ITEMS = ("    return first\n", "    return first or 1\n")


def seen(*lines: int, status: int = 404) -> Reach:
    """What a run came to whose one request ran these lines."""
    return reach(WATCHED, run(exchange(1, status=status, lines=tuple(("m.py", line) for line in lines))))


def free(*replaced: tuple[str, str]) -> Patch:
    """A patch that is for no route."""
    return msgspec.structs.replace(made(*replaced), routes=())


def test_the_first_line_of_each_function_is_noted() -> None:
    assert WATCHED.lines == {"m.py": [10, 17, 30]}


def test_a_patch_of_what_no_request_ran_is_missed() -> None:
    assert seen(17).misses(free(OTHER)) == ("other in m.py",)
    assert seen(30).misses(free(OTHER)) == ()


def test_a_patch_of_which_a_part_ran_may_be_exercised() -> None:
    assert seen(17).misses(free(OTHER, ITEMS)) == ()
    assert seen(10).misses(free(OTHER, ITEMS)) == ("items in m.py", "other in m.py")


def test_what_is_new_is_run_only_from_what_was_there() -> None:
    added = (OTHER[0], "    return new()\n\n\ndef new():\n    return 2\n")
    assert seen(17).misses(free(added)) == ("other in m.py",)


def test_what_is_declared_may_send_requests_elsewhere() -> None:
    declared = ("name = Column()", "name = Column(index=True)")
    assert seen(17).misses(free(OTHER, declared)) == ()
    moved = msgspec.structs.replace(free(OTHER), meant=Meant(requests=("GET /other",)))
    assert seen(17).misses(moved) == ()


def test_a_head_may_be_shown_by_an_answer_of_its_route() -> None:
    patch = made(("async def items", "def items"))
    assert seen(30).misses(patch) == ("items in m.py",)
    assert seen(30, status=200).misses(patch) == ()
    assert seen(30, status=200).misses(msgspec.structs.replace(patch, routes=("GET /else",))) == (
        "items in m.py",
    )


def test_of_a_file_that_was_not_watched_nothing_is_said() -> None:
    assert reach(watch({}), run(exchange(1))).misses(free(OTHER)) == ()
    assert watch({"m.py": "def f(:\n"}).lines == {}


def test_one_name_for_two_functions_is_run_with_either() -> None:
    text = "class C:\n    @property\n    def x(self):\n        return 1\n\n    @x.setter\n    def x(self, to):\n        self.y = to\n"
    watched = watch({"m.py": text})
    assert watched.lines == {"m.py": [4, 8]}
    patch = msgspec.structs.replace(made(("return 1", "return 2"), text=text), routes=())
    assert reach(watched, run(exchange(1, lines=(("m.py", 8),)))).misses(patch) == ()
    assert reach(watched, run(exchange(1))).misses(patch) == ("C.x in m.py",)


def test_whatever_is_missed_is_not_exercised() -> None:
    for patch in (free(OTHER), free(OTHER, ITEMS), made(("async def items", "def items"))):
        for lines in ((), (10,), (17,), (30,), (17, 30)):
            for status in (200, 404):
                answered = exchange(1, status=status, lines=tuple(("m.py", line) for line in lines))
                if reach(WATCHED, run(answered)).misses(patch):
                    assert not exercise(patch, run(answered)).enough


def test_the_unchanged_app_shows_it(tmp_path: Path) -> None:
    target = lay(tmp_path)
    unasked = '\n\n@app.get("/unasked")\ndef unasked() -> Any:\n    return sorted([2, 1])\n'
    main = tmp_path / "main.py"
    main.write_text(main.read_text("utf-8") + unasked, "utf-8")
    text = main.read_text("utf-8")
    with (
        Workspace(tmp_path) as workspace,
        Prover(
            target,
            Tests(),
            workspace,
            launches=1,
            timeout_s=120,
            allowed=("sqlite",),
            watched=("main.py", "gone.py"),
        ) as prover,
    ):
        patch = made(("sorted([2, 1])", "[1, 2]"), path="main.py", text=text)
        verdict = prover.foreseen(patch)
        assert isinstance(verdict, Unproven)
        assert verdict.reason == "no request ran the changed lines of unasked in main.py"
        assert verdict.exercised == (0, 1)
        assert prover.foreseen(patch_of_service(("order_by(Order.id)", "order_by(Order.total)"))) is None
