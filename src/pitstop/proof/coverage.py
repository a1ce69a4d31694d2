"""Whether the lines a patch changed were run by a request.

What counts is a *place*: the part of one statement that a changed line belongs to (of an `if` or `for`, its head only). A
place inside of a function was run if one of its lines was hit during a request of the changed app. A declaration (a model's
column, a decorator, a default, an annotation, a migration) runs at import, when no request is under way: it counts as run
when one of the patch's routes answered a request with success. What runs only where a file is the script, and files that say how the service
is started, are never run: nothing here starts it that way. A place in a lifespan, or in a handler of start-up or shutdown, counts as run
when the app ran it while no request was under way.

The head of a function (its decorators, defaults and annotations, and whether it is `async`) is a declaration that was run also where
a request ran the first statement below it.

Comments, blank lines, imports, docstrings, and annotations of local variables do nothing and count for nothing.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import PurePosixPath

import msgspec

from pitstop.data import FileChange, Patch
from pitstop.patching.edits import changed_lines
from pitstop.target.commands import may_start
from pitstop.traces.records import Exchange, Run

HEAD_OF = "the head of "
"""What the owner of a function's head begins with."""
_SCRIPT = "what runs only as a script"
_STARTER = "the start of the service"
_APPS = frozenset({"FastAPI", "Starlette"})
_PROSE = re.compile(
    # A text deeper inside may be a prompt or a page that the service reads: those beside the code only by the names that nobody serves.
    r"(?:\.github/.*|docs?/.*|[^/]*\.(?:md|rst|adoc)"
    r"|(?:.*/)?(?:(?:readme|changelog|changes|contributing|licen[cs]e|copying|authors)(?:\.(?:md|rst|adoc|txt))?|codeowners)"
    r"|(?:.*/)?(?:\.git(?:ignore|attributes)|\.editorconfig|\.pre-commit-config\.ya?ml))",
    re.IGNORECASE,
)
_OPENED = 101
"""The status of a connection that was accepted."""

_Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
_Idle = ast.Import | ast.ImportFrom | ast.Global | ast.Nonlocal | ast.Pass


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """A changed piece of code that can run: the lines (of the new text) that show it did.

    `owner` is the function it is in, or whose head it is; any other declaration has none, and no lines that a request could hit.
    """

    path: str
    lines: tuple[int, ...]
    owner: str = ""
    declared: bool = False
    starts: bool = False
    """Whether the service runs it as it starts or ends."""


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A function: its name with those around it, the line where its head begins, and the lines of what it runs first. One that is
    `nested` in another has its head run with that one."""

    function: str
    line: int
    first: tuple[int, ...]
    nested: bool


class Exercise(msgspec.Struct, frozen=True, kw_only=True):
    """How much of a patch was run by requests. `idle` are changed functions of which nothing was run; `waits` says that they are
    only declarations, which no request runs: what is missing is an answer of the patch's routes."""

    run: int
    all: int
    routes: tuple[str, ...] = ()
    idle: tuple[str, ...] = ()
    waits: bool = False
    outside: bool = False
    """Whether some of it ran while no request was under way, as it does when the service starts."""

    @property
    def enough(self) -> bool:
        """Whether each changed function was run, and at least half of the changed places."""
        return not self.idle and 2 * self.run >= self.all


def hits_for(patch: Patch) -> dict[str, list[int]]:
    """The lines of the changed tree whose execution the probe is to count, by path."""
    found: dict[str, set[int]] = {}
    for place in places(patch):
        if place.lines:
            found.setdefault(place.path, set()).update(place.lines)
    return {path: sorted(lines) for path, lines in found.items()}


def exercise(patch: Patch, after: Run) -> Exercise:
    """How much of the patch the requests and connections of a run of the changed tree exercised."""
    hit: set[tuple[str, int]] = set()
    routes: dict[str, None] = {}
    served = False
    wanted = {(path, line) for path, lines in hits_for(patch).items() for line in lines}
    outside = {line for each in after.outside for line in each.lines}
    for exchange in after.exchanges:
        own = wanted.intersection(exchange.lines)
        if own:
            hit |= own
            routes[exchange.endpoint] = None
        served = served or (is_served(exchange) and exchange.endpoint in patch.routes)
    all_places = list(places(patch))
    was_run = [
        (place.declared and served)
        or any((place.path, line) in (hit | outside if place.starts else hit) for line in place.lines)
        for place in all_places
    ]
    busy = {(p.path, p.owner) for p, ran in zip(all_places, was_run, strict=True) if ran}
    idle = [place for place in all_places if (place.path, place.owner) not in busy]
    return Exercise(
        run=sum(was_run),
        all=len(all_places),
        routes=tuple(routes),
        idle=tuple(dict.fromkeys(f"{place.owner or 'a declaration'} in {place.path}" for place in idle)),
        waits=bool(idle) and all(place.declared and not place.owner for place in idle),
        outside=not wanted.isdisjoint(outside),
    )


def is_served(exchange: Exchange) -> bool:
    """Whether a request was answered with success, or its connection accepted."""
    return 200 <= exchange.status < 400 or exchange.status == _OPENED


def is_prose(path: str) -> bool:
    """Whether a file is there for people and their tools, and the service has no part in it."""
    return not path.endswith(".py") and _PROSE.fullmatch(path) is not None


def places(patch: Patch) -> Iterator[Place]:
    """The changed places of a patch that can run.

    Beside code, other files of a change that names no routes have none: nothing says whether a request needs them.
    """
    is_code = not patch.routes and any(each.path.endswith(".py") for each in patch.changes)
    for change in patch.changes:
        if change.after is None or is_prose(change.path):
            continue
        if is_code and not change.path.endswith(".py"):
            continue
        if may_start(PurePosixPath(change.path).name):
            yield Place(path=change.path, lines=(), owner=_STARTER)
            continue
        if not change.path.endswith(".py"):
            yield Place(path=change.path, lines=(), declared=True)
            continue
        try:
            tree = ast.parse(change.after.removeprefix("\ufeff"))
        except (SyntaxError, ValueError):
            # written for a newer Python than ours: only a file that is imported by the answers can tell
            yield Place(path=change.path, lines=(), declared=True)
            continue
        yield from _changed(change, tree)


def _changed(change: FileChange, tree: ast.Module) -> Iterator[Place]:
    lines = changed_lines(change, idle=_idle_lines(change.before or ""))
    migration = _is_migration(tree)
    starting = set(_starting(tree.body))
    heads = {} if migration else {each.line: each for each in entries(tree.body) if not each.nested}
    for lines_of, owner in _spans(tree.body, ""):
        if not lines.intersection(lines_of):
            continue
        if migration or not owner:
            head = heads.get(lines_of.start)
            owner, shown_by = (f"{HEAD_OF}{head.function}", head.first) if head else ("", ())
            starts = head is not None and head.function in starting
            yield Place(path=change.path, lines=shown_by, owner=owner, declared=True, starts=starts)
        else:
            yield Place(path=change.path, lines=tuple(lines_of), owner=owner, starts=owner in starting)


def _idle_lines(text: str) -> frozenset[int]:
    """The lines on which nothing stands that runs: comments, imports, docstrings."""
    try:
        tree = ast.parse(text.removeprefix("\ufeff"))
    except (SyntaxError, ValueError):
        return frozenset()
    every = range(1, text.count("\n") + 2)
    return frozenset(every).difference(*(lines for lines, _ in _spans(tree.body, "")))


def entries(body: list[ast.stmt], prefix: str = "", *, nested: bool = False) -> Iterator[Entry]:
    """The functions of a module, given its statements."""
    for statement in body:
        if not isinstance(statement, _Definition):
            for block in _blocks(statement):
                yield from entries(block, prefix, nested=nested)
            continue
        name = f"{prefix}{statement.name}"
        is_function = not isinstance(statement, ast.ClassDef)
        if is_function:
            first = next((tuple(lines) for lines, _ in _spans(statement.body, name)), ())
            yield Entry(function=name, line=_first_line(statement), first=first, nested=nested)
        yield from entries(statement.body, f"{name}.", nested=nested or is_function)


def _starting(body: list[ast.stmt]) -> Iterator[str]:
    """The functions of a module that are a lifespan, or a handler of start-up or shutdown, by what their decorators and parameters say."""
    for statement in body:
        if not isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        decorators = [ast.unparse(each) for each in statement.decorator_list]
        names = {each.partition("(")[0].rpartition(".")[2] for each in decorators}
        given = [*statement.args.posonlyargs, *statement.args.args]
        of_app = len(given) == 1 and (
            given[0].arg.strip("_") in {"", "app", "application"}
            or (
                given[0].annotation is not None
                and ast.unparse(given[0].annotation).rpartition(".")[2] in _APPS
            )
        )
        if ("asynccontextmanager" in names and of_app) or "on_event" in names:
            yield statement.name


def _is_migration(tree: ast.Module) -> bool:
    """Whether this is an Alembic revision: its functions run when the database is made, never in a request."""
    names = {
        target.id
        for node in tree.body
        if isinstance(node, ast.Assign | ast.AnnAssign)
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(target, ast.Name)
    }
    return {"revision", "down_revision"} <= names


def _spans(body: list[ast.stmt], owner: str, prefix: str = "") -> Iterator[tuple[range, str]]:
    """The lines of each statement that runs, without those of statements inside of it, and its function."""
    for statement in body:
        if isinstance(statement, _Definition):
            yield from _definition(statement, owner, prefix)
            continue
        if isinstance(statement, _Idle) or _is_text(statement):
            continue
        if isinstance(statement, ast.If) and not owner and _names_type_checking(statement.test):
            continue
        if owner and isinstance(statement, ast.AnnAssign) and statement.value is None:
            continue
        inner = list(_blocks(statement))
        if not isinstance(statement, ast.Try):
            last = statement.end_lineno or statement.lineno
            if inner and inner[0]:
                last = max(statement.lineno, _first_line(inner[0][0]) - 1)
            yield range(statement.lineno, last + 1), owner
        is_script = isinstance(statement, ast.If) and not owner and _is_script(statement.test)
        for number, block in enumerate(inner):
            yield from _spans(block, _SCRIPT if is_script and not number else owner, prefix)


def _definition(statement: _Definition, owner: str, prefix: str) -> Iterator[tuple[range, str]]:
    name = f"{prefix}{statement.name}"
    # the head of a nested function runs with the one around it; of any other, at import
    head = range(_first_line(statement), max(statement.lineno, _first_line(statement.body[0]) - 1) + 1)
    yield head, owner
    inside = owner if isinstance(statement, ast.ClassDef) else name
    yield from _spans(statement.body, inside, f"{name}.")


def _first_line(statement: ast.stmt) -> int:
    decorators = statement.decorator_list if isinstance(statement, _Definition) else []
    return min([statement.lineno, *(each.lineno for each in decorators)])


def _blocks(statement: ast.stmt) -> Iterator[list[ast.stmt]]:
    """The blocks inside of a compound statement."""
    for name in ("body", "orelse", "finalbody"):
        block = getattr(statement, name, None)
        if block:
            yield block
    for each in (*getattr(statement, "handlers", ()), *getattr(statement, "cases", ())):
        yield each.body


def _is_text(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def _is_script(test: ast.expr) -> bool:
    """Whether a test asks for `__name__ == "__main__"`, alone or with more."""
    return any(
        isinstance(each, ast.Compare)
        and isinstance(each.ops[0], ast.Eq)
        and {"__name__", "'__main__'"} == {ast.unparse(each.left), ast.unparse(each.comparators[0])}
        for each in ast.walk(test)
    )


def _names_type_checking(test: ast.expr) -> bool:
    return "TYPE_CHECKING" in (getattr(test, "id", ""), getattr(test, "attr", ""))
