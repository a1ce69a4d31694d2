"""Statements as they are written, `select(Model).where(...)` or `session.query(Model).filter(...)`, to be lengthened by a fix."""

from __future__ import annotations

import ast
import re
import tokenize
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pitstop.errors import PatchError
from pitstop.patching.edits import Edit, apply_edits
from pitstop.patching.python import Source
from pitstop.patching.rewrite import last_argument
from pitstop.problems.editing import twin_of

if TYPE_CHECKING:
    from pitstop.project.loads import Load

CHOOSE = frozenset({"filter", "filter_by", "join", "outerjoin", "where"})
"""What decides on which rows there are, besides the model."""
ARRANGE = frozenset({"execution_options", "options", "order_by"})
"""What changes neither which rows there are nor how many."""


@dataclass(frozen=True, slots=True)
class Chain:
    """One statement of one function. `calls` are those that stand in one expression, `root` (which names the model) the first."""

    source: Source
    root: ast.Call
    calls: tuple[ast.Call, ...]
    sent: ast.Call
    """The call that sends it: `session.scalars(...)`, or `.all()` of a query."""
    is_query: bool

    @property
    def entity(self) -> str:
        """The model, as the statement calls it."""
        return self.source.segment(self.root.args[0])

    def choose(self, conditions: list[str]) -> list[Edit]:
        """The statement with more conditions, as arguments of the last `where` if that is the last to choose rows."""
        last = next(call for call in reversed(self.calls) if call is self.root or name_of(call) in CHOOSE)
        if last is not self.root and name_of(last) in {"where", "filter"} and not last.keywords:
            return [last_argument(self.source, last, ", ".join(conditions))]
        return [self.put(last, f".{'filter' if self.is_query else 'where'}({', '.join(conditions)})")]

    def bound(self, calls: str) -> list[Edit]:
        """The statement with calls at its end, such as `.limit(1)`."""
        return [self.put(self.calls[-1], calls)]

    def put(self, after: ast.Call, calls: str) -> Edit:
        """Calls of methods behind one of the chain's, on lines of their own where those of the chain are."""
        end = self.source.end(after)
        gap = re.match(r"(\r?\n[ \t]*)(?:#.*\r?\n[ \t]*)*\.", self.source.data[end:].decode())
        if gap is None and len(self.calls) > 1 and after is self.calls[-1]:
            before = self.source.data[self.source.end(self._value(after)) :].decode()
            gap = re.match(r"(\r?\n[ \t]*)\.", before)
        if gap is not None:
            calls = "".join(f"{gap[1]}{each}" for each in re.split(r"(?<=\))(?=\.\w+\()", calls))
        return self.source.edit(end, end, calls)

    def text(self, edits: list[Edit], *, end: ast.expr) -> str:
        """The text from the root to the end of an expression, as edits make it."""
        start, last = self.source.start(self.root), self.source.end(end)
        inner = [Edit(each.path, each.start - start, each.end - start, each.text) for each in edits]
        return apply_edits(self.source.data[start:last].decode(), inner)

    @staticmethod
    def _value(call: ast.Call) -> ast.expr:
        assert isinstance(call.func, ast.Attribute)
        return call.func.value


_LOADERS = {"contains_eager", "defaultload", "defer", "immediateload", "joinedload", "lazyload", "load_only"} | {
    "noload", "raiseload", "selectinload", "subqueryload", "undefer",
}  # fmt: skip
"""Options that say how rows are loaded; others may say which."""


def is_about_loading(call: ast.Call) -> bool:
    """Whether an `options(...)` only says how relationships and columns of the rows are loaded."""
    return not call.keywords and all(_loader(argument) in _LOADERS for argument in call.args)


def _loader(option: ast.expr) -> str:
    """The first call of `selectinload(A.b).joinedload(B.c)`."""
    name = ""
    while isinstance(option, ast.Call):
        name = name_of(option)
        option = option.func.value if isinstance(option.func, ast.Attribute) else option.func
    return name


def without_call(source: Source, call: ast.Call) -> Edit:
    """A chain without one of its calls, and without the line that it had for itself. Raises PatchError for a comment in it."""
    assert isinstance(call.func, ast.Attribute)
    begin, end = source.end(call.func.value), source.end(call)
    words = [token for token in source.tokens if begin <= source.token_start(token) < end]
    start = next(source.token_start(token) for token in words if token.string == ".")
    if any(token.type == tokenize.COMMENT and source.token_start(token) > start for token in words):
        raise PatchError(f"{source.path}:{call.lineno}: a comment stands within `{name_of(call)}`")
    before = source.data[begin:start]
    return source.edit(begin + len(before.rstrip()), end, "")


def name_of(call: ast.Call) -> str:
    """The method or function that a call calls, without what it belongs to."""
    return (
        call.func.attr
        if isinstance(call.func, ast.Attribute)
        else call.func.id
        if isinstance(call.func, ast.Name)
        else ""
    )


def chain_of(source: Source, load: Load, allowed: frozenset[str]) -> Chain:
    """The statement of a load, which is used for nothing else and calls no builder but those allowed. Raises PatchError."""
    if load.query.function is not load.function or load.query.site.node is not load.site.node:
        raise PatchError(
            f"`{load.query.function.name}` loads the rows for whoever calls it, and others may want all of them"
        )
    statement = load.statement
    if (
        statement.unknown
        or statement.parameters
        or any(p.scope is not load.function for p in statement.parts)
    ):
        raise PatchError("the statement is put together in more than one function")
    for part in statement.parts:
        if part.method not in allowed | {"select"}:
            raise PatchError(f"what `{part.method}` does to the rows is not looked into")
    begun = statement.of("select")
    if len(begun) != 1:
        raise PatchError("several statements may be meant")
    root = twin_of(source, ast.Call, begun[0].call)
    if len(root.args) != 1 or root.keywords or not isinstance(root.args[0], ast.Name | ast.Attribute):
        raise PatchError("the statement is not for one model")
    is_query = name_of(root) == "query"
    if not is_query and name_of(root) != "select":
        raise PatchError("the statement is not one `select`, written in the function")
    sent = twin_of(source, ast.Call, load.query.site.node)
    calls, top = _calls(source, root, sent)
    _refuse_shared(source, sent, top)
    return Chain(source, root, calls, sent, is_query)


def _calls(source: Source, root: ast.Call, sent: ast.Call) -> tuple[tuple[ast.Call, ...], ast.expr]:
    """The calls that follow each other from the root of a statement on, and the whole expression."""
    calls = [root]
    top: ast.expr = root
    for parent in source.parents(root):
        if isinstance(parent, ast.Attribute) and parent.value is top:
            top = parent
        elif isinstance(parent, ast.Call) and parent.func is top:
            top = parent
            if parent is sent:
                break
            calls.append(parent)
        else:
            break
    return tuple(calls), top


def _refuse_shared(source: Source, sent: ast.Call, top: ast.expr) -> None:
    """Raise unless a statement goes to the call that sends it, itself or by a name that stands for nothing else."""
    parent = next(source.parents(top))
    if top is sent or (isinstance(parent, ast.Call) and parent is sent):
        return
    name = _target(parent)
    if not name:
        raise PatchError("where the statement goes cannot be followed")
    function = next(p for p in source.parents(top) if isinstance(p, ast.FunctionDef | ast.AsyncFunctionDef))
    for node in ast.walk(function):
        if not isinstance(node, ast.Name) or node.id != name:
            continue
        if isinstance(node.ctx, ast.Load):
            _, end = _from(source, node, sent)
            around = next(source.parents(end))
            if end is not sent and around is not sent and _target(around) != name:
                raise PatchError(f"`{name}` is used for more than these rows")
        elif _target(next(source.parents(node))) != name:
            raise PatchError(f"`{name}` gets its value in a way that cannot be followed")


def _target(statement: ast.AST) -> str:
    """The one name that an assignment gives a value."""
    if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
        target = statement.targets[0]
    elif isinstance(statement, ast.AnnAssign):
        target = statement.target
    else:
        return ""
    return target.id if isinstance(target, ast.Name) else ""


def _from(source: Source, name: ast.Name, sent: ast.Call) -> tuple[ast.Name, ast.expr]:
    """The chain of calls that begins with a name."""
    top: ast.expr = name
    for parent in source.parents(name):
        is_next = (isinstance(parent, ast.Attribute) and parent.value is top) or (
            isinstance(parent, ast.Call) and parent.func is top
        )
        if not is_next or top is sent:
            break
        assert isinstance(parent, ast.expr)
        top = parent
    return name, top


def refuse_other_rows(source: Source, rows: ast.expr, sent: ast.Call) -> None:
    """Raise unless an expression stands for what one statement gave, and for nothing else, whichever way the function goes."""
    seen: set[str] = set()
    while not any(node is sent for node in ast.walk(rows)):
        name = _begin(rows)
        if name is None or name.id in seen:
            raise PatchError("where the rows come from cannot be followed")
        seen.add(name.id)
        function = next(
            p for p in source.parents(rows) if isinstance(p, ast.FunctionDef | ast.AsyncFunctionDef)
        )
        stores = [
            node
            for node in ast.walk(function)
            if isinstance(node, ast.Name) and node.id == name.id and not isinstance(node.ctx, ast.Load)
        ]
        parent = next(source.parents(stores[0])) if len(stores) == 1 else None
        if not isinstance(parent, ast.Assign | ast.AnnAssign) or parent.value is None or not _target(parent):
            raise PatchError(f"what `{name.id}` holds comes from more than one statement")
        rows = parent.value


def _begin(rows: ast.expr) -> ast.Name | None:
    """The name that an expression like `list(result.scalars().all())` begins with."""
    while not isinstance(rows, ast.Name):
        if isinstance(rows, ast.Await | ast.Attribute):
            rows = rows.value
        elif isinstance(rows, ast.Call) and isinstance(rows.func, ast.Attribute):
            rows = rows.func.value
        elif isinstance(rows, ast.Call) and len(rows.args) == 1:
            rows = rows.args[0]
        else:
            return None
    return rows
