"""What becomes of the content of a file: whether each part of it is used once, and could come by itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pitstop.problems.memory.file_read_whole.reads import Read, opened
from pitstop.project.facts import (
    Assign,
    Attr,
    Await,
    Call,
    Comp,
    Const,
    Expr,
    ExprStatement,
    For,
    Name,
    OtherExpr,
    Sub,
    children,
)
from pitstop.project.model import FunctionInfo
from pitstop.project.sites import Site

if TYPE_CHECKING:
    from pitstop.project import Project

_PASS_ON = {"enumerate", "filter", "map", "csv.reader", "csv.DictReader", "itertools.islice"}
_ROWS = {"iterrows", "itertuples"}
_KEEPING = {"append", "add", "extend"}


def use_of(project: Project, function: FunctionInfo, read: Read) -> str:
    """What is done with the content, as `hashes it`; empty where it is needed whole, or cannot be told."""
    if _writes_back(project, function, read):
        return ""
    return _Uses(project, function).of(read.site.node, read.how, read.site)


class _Uses:
    def __init__(self, project: Project, function: FunctionInfo) -> None:
        self._project = project
        self._function = function
        self._around: dict[int, Expr] = {}
        self._sites: dict[int, Site] = {}
        for site in function.sites:
            self._sites[id(site.node)] = site
            for child in children(site.node):
                self._around[id(child)] = site.node
        self._loops: dict[int, For | Comp] = {}
        self._values: dict[int, Assign] = {}
        for site in function.sites:
            if isinstance(site.node, Comp):
                self._loops[id(site.node.generators[0].iter)] = site.node
        for statement in function.statements:
            if isinstance(statement, For):
                self._loops[id(statement.iter)] = statement
            elif isinstance(statement, Assign) and statement.value is not None:
                self._values[id(statement.value)] = statement

    def of(self, node: Expr, how: str, read: Site, depth: int = 0) -> str:
        """What is done with `node`, which holds the content as `how` says."""
        if depth > 6:
            return ""
        if id(node) in self._loops:
            return self._looped(self._loops[id(node)], how)
        if id(node) in self._values:
            return self._named(self._values[id(node)], how, read, depth)
        match self._around.get(id(node)):
            case Await() as around:
                return self.of(around, how, read, depth + 1)
            case Attr() as around:
                return self._method(around, how, read, depth)
            case Sub(value=value) as around if value is node and isinstance(around.index, OtherExpr):
                return self._part(around, how)
            case Call() as around if node is not around.func:
                return self._handed(around, node, how, read, depth)
            case _:
                return ""

    def _looped(self, loop: For | Comp, how: str) -> str:
        if how != "lines" or _keeps_all(loop):
            return ""
        return "goes through its lines once"

    def _named(self, statement: Assign, how: str, read: Site, depth: int) -> str:
        target = statement.targets[0]
        if len(statement.targets) != 1 or not isinstance(target, Name):
            return ""
        if len(self._function.bindings.get(target.id, ())) != 1:
            return ""
        if any(_mentions(nested, target.id) for nested in self._function.nested.values()):
            return ""
        uses = [
            site
            for site in self._function.sites
            if isinstance(site.node, Name) and site.node.id == target.id and site.node is not target
        ]
        if len(uses) != 1 or uses[0].in_lambda or uses[0].loops != read.loops:
            return ""
        return self.of(uses[0].node, how, read, depth + 1)

    def _method(self, attribute: Attr, how: str, read: Site, depth: int) -> str:
        call = self._around.get(id(attribute))
        if not isinstance(call, Call) or call.func is not attribute:
            return ""
        if how == "text" and attribute.attr in {"decode", "strip"}:
            return self.of(call, how, read, depth + 1)
        if how == "text" and attribute.attr == "splitlines":
            return self.of(call, "lines", read, depth + 1)
        if how == "text" and attribute.attr == "split" and call.args:
            by = call.args[0]
            if isinstance(by, Const) and by.value in {"\n", b"\n", "\\n"}:
                return self.of(call, "lines", read, depth + 1)
        if how == "rows" and attribute.attr in _ROWS:
            loop = self._loops.get(id(call))
            return "goes through its rows once" if loop is not None and not _keeps_all(loop) else ""
        return ""

    def _part(self, sub: Sub, how: str) -> str:
        text = self._function.module.text(sub.index).strip()
        if how == "lines" and text.startswith("-") and text.endswith(":"):
            return "keeps only its last lines"
        if how == "lines" and text.startswith(":") and not text.startswith(":-"):
            return "keeps only its first lines"
        return ""

    def _handed(self, call: Call, node: Expr, how: str, read: Site, depth: int) -> str:
        name = self._project.types.type_of(call.func, self._function).name.removeprefix("builtins.")
        if how == "lines":
            if name in _PASS_ON:
                return self.of(call, how, read, depth + 1)
            if name == "len":
                return "only counts its lines"
            return "keeps only its last lines" if name == "collections.deque" and len(call.args) == 2 else ""
        if how != "text" or (call.args[:1] != (node,) and not name.startswith("zipfile.")):
            return ""
        if name.startswith("hashlib.") and len(call.args) == 1:
            return "hashes it"
        if isinstance(call.func, Attr) and call.func.attr == "write":
            copied = opened(self._project, call.func.value, self._function, "wax") is not None
            return "writes it to a file" if copied else ""
        if name == "zipfile.ZipFile.writestr":
            return "puts it into an archive"
        return ""


def _keeps_all(loop: For | Comp) -> bool:
    """Whether every turn of a loop puts something away, so that the whole stays in memory in another form."""
    if isinstance(loop, Comp):
        return loop.kind != "generator" and not any(generator.ifs for generator in loop.generators)
    return any(
        isinstance(statement, ExprStatement)
        and isinstance(statement.value, Call)
        and isinstance(statement.value.func, Attr)
        and statement.value.func.attr in _KEEPING
        for statement in loop.body
    )


def _mentions(function: FunctionInfo, name: str) -> bool:
    if any(isinstance(site.node, Name) and site.node.id == name for site in function.sites):
        return True
    return any(_mentions(nested, name) for nested in function.nested.values())


def _writes_back(project: Project, function: FunctionInfo, read: Read) -> bool:
    """Whether the same file is opened to be written: its old content is needed until then."""
    module = function.module
    wanted = module.text(read.path)
    return any(module.text(path) == wanted for path in _written(project, function))


def _written(project: Project, function: FunctionInfo) -> Iterator[Expr]:
    for site in function.calls:
        path = opened(project, site.node, function, "wax")
        if path is not None:
            yield path
        elif (
            isinstance(site.node, Call)
            and isinstance(site.node.func, Attr)
            and site.node.func.attr in {"write_text", "write_bytes"}
        ):
            yield site.node.func.value
