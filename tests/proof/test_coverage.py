from __future__ import annotations

import msgspec
import pytest

from pitstop.data import FileChange, Finding, Location, Patch
from pitstop.patching.edits import make_patch
from pitstop.proof.coverage import exercise, hits_for
from pitstop.traces.records import Outside, Run
from tests.proof.runs import exchange, run

TEXT = '''"""Doc."""
import os


class Model(Base):
    name = Column()
    size: int

    def method(self):
        return self.name


@app.get("/items")
async def items(session=None):
    """Doc."""
    # a comment
    first = one(
        1,
        2,
    )
    if first:
        second = 2
    else:
        third = 3
    kind: str
    return first


def other():
    return 1
'''


def made(*replaced: tuple[str, str], path: str = "m.py", text: str = TEXT) -> Patch:
    after = text
    for old, new in replaced:
        assert after.count(old) == 1
        after = after.replace(old, new)
    finding = Finding(
        id="f", problem="p", domain="database", severity="low", confidence="likely", message="m",
        location=Location(path=path, line=1),
    )  # fmt: skip
    change = FileChange(path=path, before=text, after=after)
    return make_patch(finding, "t", [change], ["cpu"], routes=("GET /items",))


@pytest.mark.parametrize(
    ("replaced", "lines"),
    [
        (("        2,\n", "        22,\n"), [17, 18, 19, 20]),
        (("if first:", "if not first:"), [21]),
        (("second = 2", "second = 22"), [22]),
        (("third = 3", "third = 33"), [24]),
        (("    return first\n", "    x = 1; y = 2\n    return first\n"), [26]),
        (("return self.name", "return self.names"), [10]),
        (("# a comment", "# another"), None),
        (("import os", "import sys"), None),
        (('    """Doc."""\n    # a', '    """Text."""\n    # a'), None),
        (("kind: str", "kind: int"), None),
        (("    kind: str\n", "\n\n    kind: str\n"), None),
    ],
)
def test_the_places_that_can_run(replaced: tuple[str, str], lines: list[int] | None) -> None:
    patch = made(replaced)
    assert hits_for(patch) == ({"m.py": lines} if lines else {})
    nothing = exercise(patch, run(exchange(1)))
    assert nothing.run == 0
    assert nothing.enough == (lines is None)
    if lines:
        one = exercise(patch, run(exchange(1, lines=(("m.py", lines[0]),))))
        assert one.enough
        assert one.routes == ("GET /items",)
        elsewhere = exercise(patch, run(exchange(1, lines=(("n.py", lines[0]), ("m.py", 1)))))
        assert elsewhere.run == 0


@pytest.mark.parametrize(
    "replaced",
    [
        ("name = Column()", "name = Column(index=True)"),
        ("size: int", "size: str"),
        ('@app.get("/items")', '@app.get("/items", response_model=X)'),
        ("(session=None):", "(session=None) -> list[X]:"),
    ],
)
def test_a_declaration_is_run_where_a_route_of_the_patch_answers(replaced: tuple[str, str]) -> None:
    patch = made(replaced)
    assert exercise(patch, run(exchange(1))).enough
    for bad in (exchange(1, status=500), exchange(1, route="/other"), exchange(1, status=404)):
        assert not exercise(patch, run(bad)).enough
    assert not exercise(patch, Run()).enough


@pytest.mark.parametrize(
    ("replaced", "line"),
    [
        (('@app.get("/items")', '@app.get("/items", response_model=X)'), 17),
        (("async def items(session=None):", "def items(session=None):"), 17),
        (("    def method(self):", "    def method(self, size=1):"), 10),
        (
            (
                "def other():\n    return 1\n",
                "def other():\n    return new()\n\n\ndef new():\n    return 1\n",
            ),
            34,
        ),
    ],
)
def test_a_head_is_run_where_a_request_ran_what_stands_below_it(replaced: tuple[str, str], line: int) -> None:
    patch = msgspec.structs.replace(made(replaced), routes=())
    others = (("m.py", 30),)
    assert line in hits_for(patch)["m.py"]
    assert exercise(patch, run(exchange(1, lines=(("m.py", line), *others)))).enough
    left = exercise(patch, run(exchange(1, lines=others)))
    assert not left.enough
    assert any(each.startswith("the head of ") for each in left.idle)


def test_a_head_says_nothing_of_what_stands_beside_it() -> None:
    patch = made(("async def items", "def items"), ("name = Column()", "name = Column(index=True)"))
    patch = msgspec.structs.replace(patch, routes=())
    found = exercise(patch, run(exchange(1, lines=(("m.py", 17),))))
    assert found.idle == ("a declaration in m.py",)
    assert found.waits
    assert not exercise(patch, run(exchange(1))).waits, "the head of a function could have been seen to run"


def test_the_head_of_a_function_that_runs_nothing_is_shown_by_no_line() -> None:
    patch = made(("def f():", "async def f():"), text='def f():\n    """Nothing yet."""\n')
    assert hits_for(patch) == {}
    assert exercise(patch, run(exchange(1))).enough


def test_a_migration_is_a_declaration() -> None:
    text = 'revision = "1"\ndown_revision = None\n\n\ndef upgrade():\n    op.create_index()\n'
    patch = made(("op.create_index()", "op.create_index(1)"), path="alembic/versions/1.py", text=text)
    assert hits_for(patch) == {}
    assert exercise(patch, run(exchange(1))).enough


def test_each_changed_function_must_have_run() -> None:
    patch = made(("    return first\n", "    return first or 1\n"), ("    return 1\n", "    return 2\n"))
    found = exercise(patch, run(exchange(1, lines=(("m.py", 26),))))
    assert (found.run, found.all) == (1, 2)
    assert found.idle == ("other in m.py",)
    assert not found.enough


def test_a_removed_line_is_shown_by_its_block() -> None:
    patch = made(("    b()\n", ""), text="def f():\n    a()\n    b()\n    return 1\n")
    assert hits_for(patch) == {"m.py": [3]}


@pytest.mark.parametrize(
    "removed",
    ["import os\n", "    # a comment\n", "    kind: str\n", '    """Doc."""\n    # a comment\n'],
)
def test_what_does_nothing_is_missed_by_nobody(removed: str) -> None:
    assert hits_for(made((removed, ""))) == {}
    assert exercise(made((removed, "")), run(exchange(1))).all == 0


def test_a_removed_declaration_is_one() -> None:
    assert exercise(made(("    name = Column()\n", "")), run(exchange(1))).all == 1
    assert (
        exercise(made(("import os\n\n\nclass Model(Base):\n", "class Model:\n")), run(exchange(1))).all == 1
    )


def test_a_file_that_is_no_python_counts_as_a_declaration() -> None:
    patch = made(("a", "b"), path="alembic.ini", text="a\n")
    assert exercise(patch, run(exchange(1))).enough
    assert not exercise(patch, Run()).enough


def test_what_a_connection_ran_is_exercised() -> None:
    patch = made(("        second = 2", "        second = 3"))
    ((path, lines),) = hits_for(patch).items()
    hit = tuple((path, line) for line in lines)
    found = exercise(patch, run(exchange(1, method="WEBSOCKET", route="/live", status=101, lines=hit)))
    assert found.enough
    assert found.routes == ("WEBSOCKET /live",)


@pytest.mark.parametrize(("status", "enough"), [(101, True), (403, False)])
def test_a_declaration_counts_as_run_where_its_connection_was_accepted(status: int, enough: bool) -> None:
    patch = msgspec.structs.replace(
        made(("a", "b"), path="alembic.ini", text="a\n"), routes=("WEBSOCKET /live",)
    )
    live = exchange(1, method="WEBSOCKET", route="/live", status=status)
    assert exercise(patch, run(live)).enough is enough


LIFESPANS = """import contextlib


@contextlib.asynccontextmanager
async def lifespan(app):
    {}yield


@contextlib.asynccontextmanager
async def transaction(session):
    {}yield


@app.on_event("startup")
async def warm():
    {}pass
"""


@pytest.mark.parametrize(("line", "enough"), [(6, True), (12, False), (18, True)])
def test_what_starts_and_ends_the_service_is_run_while_no_request_is_under_way(
    line: int, enough: bool
) -> None:
    added = ["first()\n    " if line == each else "" for each in (6, 12, 18)]
    before = LIFESPANS.format("", "", "")
    change = FileChange(path="m.py", before=before, after=LIFESPANS.format(*added))
    finding = Finding(
        id="f", problem="p", domain="database", severity="low", confidence="likely", message="m",
        location=Location(path="m.py", line=1),
    )  # fmt: skip
    patch = make_patch(finding, "t", [change], ["cpu"], routes=("GET /items",))
    at = next(n for n, text in enumerate((change.after or "").splitlines(), 1) if "first()" in text)
    answers = run(exchange(1, {}))
    started = msgspec.structs.replace(answers, outside=(Outside(lines=(("m.py", at),)),))
    assert not exercise(patch, answers).enough
    assert exercise(patch, started).enough is enough


@pytest.mark.parametrize(
    "path",
    ["Dockerfile", "deploy/api.dockerfile", "Procfile", "compose.prod.yml", "start.sh", "gunicorn.conf.py"],
)
def test_files_that_start_the_service_are_never_run(path: str) -> None:
    patch = made(("a", "b"), path=path, text="a\n")
    found = exercise(patch, run(exchange(1)))
    assert not found.enough
    assert found.idle == (f"the start of the service in {path}",)


SCRIPT = """import uvicorn

from app import app

if __name__ == "__main__":
    uvicorn.run(app, reload=True)
else:
    app.state.loud = True
"""


def test_what_runs_only_as_a_script_is_never_run() -> None:
    found = exercise(made((", reload=True", ""), text=SCRIPT), run(exchange(1)))
    assert not found.enough
    assert found.idle == ("what runs only as a script in m.py",)
    assert not found.waits
    assert exercise(made(("loud = True", "loud = False"), text=SCRIPT), run(exchange(1))).enough
    turned = SCRIPT.replace('== "__main__"', '!= "__main__"')
    assert exercise(made((", reload=True", ""), text=turned), run(exchange(1))).enough


def beside(*paths: str, routes: tuple[str, ...] = ()) -> Patch:
    """A change of one line of a function, and of other files."""
    patch = made(("    return first\n", "    return first or 1\n"))
    others = [FileChange(path=path, before="a\n", after="b\n") for path in paths]
    return msgspec.structs.replace(patch, changes=(*patch.changes, *others), routes=routes)


@pytest.mark.parametrize(
    "path",
    [
        "README.md",
        "docs/conf.txt",
        "LICENSE",
        ".github/workflows/ci.yml",
        "CHANGELOG",
        ".gitignore",
        "guide.rst",
        "packages/api/README.md",
        "packages/api/LICENSE.txt",
    ],
)
@pytest.mark.parametrize("routes", [(), ("GET /items",)])
def test_what_is_for_people_has_no_place(path: str, routes: tuple[str, ...]) -> None:
    found = exercise(beside(path, routes=routes), run(exchange(1, lines=(("m.py", 26),))))
    assert (found.run, found.all) == (1, 1)
    assert found.enough


@pytest.mark.parametrize(
    "path", ["templates/page.html", "Dockerfile", "rates.json", "app/prompts/system.md", "app/docs/a.txt"]
)
def test_other_files_beside_code_are_no_lines_that_a_request_runs(path: str) -> None:
    asked = run(exchange(1, lines=(("m.py", 26),)))
    assert exercise(beside(path), asked).enough
    alone = msgspec.structs.replace(beside(path), changes=beside(path).changes[1:])
    assert not exercise(alone, asked).enough, "with no code there is nothing else to go by"


def test_documentation_in_python_is_code() -> None:
    assert exercise(made(("a = 1", "a = 2"), path="docs/conf.py", text="a = 1\n"), run(exchange(1))).all == 1
