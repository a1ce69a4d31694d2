"""What the names of a module stand for, as far as reading tells: an app, a function that makes one, or neither."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal

from pitstop.target.files import parse, python_files, read

Kind = Literal["app", "factory", "unclear", ""]
_Class = Literal["FastAPI", "Starlette", "other", ""]
_LIBRARIES = {"fastapi", "starlette"}
_DEEPEST = 8
_BUILT = re.compile(r"^(\w+)(?:\s*:[^=\n]+)?\s*=\s*(?:fastapi\.)?FastAPI\(", re.MULTILINE)
"""What is looked for as text in a file that cannot be parsed: it may be of a newer Python than this one."""


def bindings(body: Sequence[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements that run when the module is imported, those under `if`, `try` and `with` included."""
    for statement in body:
        yield statement
        if isinstance(statement, ast.If | ast.Try | ast.With | ast.For | ast.While):
            for field in ("body", "orelse", "finalbody"):
                yield from bindings(getattr(statement, field, []))
            for handler in getattr(statement, "handlers", []):
                yield from bindings(handler.body)


def dotted(node: ast.AST) -> str:
    """`a.b.c` of a name or attribute; "" for anything else."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return ""
    return ".".join([node.id, *reversed(parts)])


def _assigned(statement: ast.stmt) -> Iterator[tuple[str, ast.expr | None, ast.expr | None]]:
    """Names bound by an assignment, with value and annotation."""
    if isinstance(statement, ast.Assign):
        for target in statement.targets:
            if isinstance(target, ast.Name):
                yield target.id, statement.value, None
    elif isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
        yield statement.target.id, statement.value, statement.annotation


class Sources:
    """The modules of a tree, parsed once each, with the folders they are imported from."""

    def __init__(self, roots: Sequence[Path]) -> None:
        self.roots = tuple(roots)
        self._trees: dict[Path, ast.Module | None] = {}
        self._imported_from: dict[Path, frozenset[str]] = {}

    def tree(self, path: Path) -> ast.Module | None:
        """The parsed file, or None when it cannot be."""
        if path not in self._trees:
            self._trees[path] = parse(path)
        return self._trees[path]

    def file(self, module: str, beside: Path | None = None) -> Path | None:
        """The file of a module by its dotted name; `beside` is a file whose own folders may be import roots too."""
        if not module:
            return None
        bases = list(self.roots)
        if beside is not None:
            bases += [beside.parent, *list(beside.parents)[1:4]]
        inner = Path(*module.split("."))
        for base in bases:
            for candidate in (base / inner.with_suffix(".py"), base / inner / "__init__.py"):
                if candidate.is_file():
                    return candidate
        return None

    def imported(self, folder: Path) -> frozenset[str]:
        """First names of the absolute imports that the files under `folder` make."""
        if folder not in self._imported_from:
            used: set[str] = set()
            for path in python_files(folder, limit=400):
                tree = self.tree(path)
                for node in tree.body if tree else ():
                    if isinstance(node, ast.Import):
                        used |= {alias.name.partition(".")[0] for alias in node.names if "." in alias.name}
                    elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
                        used.add(node.module.partition(".")[0])
            self._imported_from[folder] = frozenset(used)
        return self._imported_from[folder]

    def apps(self, path: Path) -> list[str]:
        """Names of the apps that a module builds itself, those it mounts under another left out."""
        tree = self.tree(path)
        if tree is None:
            return list(dict.fromkeys(_BUILT.findall(read(path))))
        names = [
            name
            for statement in bindings(tree.body)
            for name, value, _ in _assigned(statement)
            if isinstance(value, ast.Call)
            and (self._makes_app(path, value, 0) or self._mounts_app(path, name, value, 0))
        ]
        mounted = mounted_names(tree)
        return list(dict.fromkeys(name for name in names if name not in mounted))

    def factories(self, path: Path) -> list[str]:
        """Names of the functions of a module that make an app and can be called with no argument."""
        tree = self.tree(path)
        if tree is None:
            return []
        functions = [s for s in bindings(tree.body) if isinstance(s, ast.FunctionDef)]
        return [f.name for f in functions if self._is_factory(path, f, 0) and _callable(f)]

    def kind(self, path: Path, name: str, depth: int = 0) -> Kind:
        """What `name` stands for in a module. "unclear" is a name that is bound to something reading cannot follow."""
        tree = self.tree(path)
        if tree is None:
            return "app" if name in self.apps(path) else ""
        if depth > _DEEPEST:
            return ""
        kind: Kind = ""
        for statement in bindings(tree.body):
            found: Kind = ""
            for bound, value, annotation in _assigned(statement):
                if bound == name:
                    found = self._value(path, name, value, annotation, depth)
            if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef) and statement.name == name:
                made = isinstance(statement, ast.FunctionDef) and self._is_factory(path, statement, depth)
                found = "factory" if made else ""
            if isinstance(statement, ast.ImportFrom):
                for alias in statement.names:
                    if (alias.asname or alias.name) == name:
                        source = self._imported(path, statement)
                        found = self.kind(source, alias.name, depth + 1) if source else ""
            if found and (kind != "app" or found == "app"):
                kind = found
        return kind

    def _value(
        self, path: Path, bound: str, value: ast.expr | None, note: ast.expr | None, depth: int
    ) -> Kind:
        noted = self._class(path, dotted(note), depth) if note is not None else ""
        if noted == "FastAPI":
            return "app"
        if isinstance(value, ast.Call):
            if self._makes_app(path, value, depth) or self._mounts_app(path, bound, value, depth):
                return "app"
            passed = [*value.args, *(keyword.value for keyword in value.keywords)]
            names = [node.id for node in passed if isinstance(node, ast.Name)]
            if any(self.kind(path, name, depth + 1) == "app" for name in names if depth < _DEEPEST):
                return "app"
            return "" if noted or self._class(path, dotted(value.func), depth) else "unclear"
        if isinstance(value, ast.Name):
            return self.kind(path, value.id, depth + 1)
        return "unclear" if isinstance(value, ast.Attribute | ast.Await | ast.IfExp) and not noted else ""

    def _makes_app(self, path: Path, call: ast.Call, depth: int) -> bool:
        name = dotted(call.func)
        if not name or depth > _DEEPEST:
            return False
        if self._class(path, name, depth) == "FastAPI":
            return True
        return "." not in name and self.kind(path, name, depth + 1) == "factory"

    def _mounts_app(self, path: Path, bound: str, call: ast.Call, depth: int) -> bool:
        """Whether a Starlette app, bound to this name, mounts one of FastAPI's."""
        tree = self.tree(path)
        if tree is None or self._class(path, dotted(call.func), depth) != "Starlette":
            return False
        listed = {
            n.id
            for argument in (*call.args, *call.keywords)
            for n in ast.walk(argument)
            if isinstance(n, ast.Name)
        }
        routes = [
            call,
            *(
                v
                for s in bindings(tree.body)
                for n, v, _ in _assigned(s)
                if n in listed and isinstance(v, ast.List)
            ),
        ]
        inline = [node for root in routes for node in ast.walk(root) if isinstance(node, ast.Call)]
        later = [
            n
            for n in ast.walk(tree)
            if isinstance(n, ast.Call) and dotted(n.func) in {f"{bound}.mount", f"{bound}.host"}
        ]
        return any(
            (isinstance(argument, ast.Name) and self.kind(path, argument.id, depth + 1) == "app")
            or (isinstance(argument, ast.Call) and self._makes_app(path, argument, depth + 1))
            for argument in mounted(*inline, *later)
        )

    def _class(self, path: Path, name: str, depth: int) -> _Class:
        """FastAPI, Starlette or another of their classes, or one derived from it; "" for what reading cannot follow."""
        tree = self.tree(path)
        if tree is None or not name or depth > _DEEPEST:
            return ""
        first, _, rest = name.partition(".")
        for statement in bindings(tree.body):
            if isinstance(statement, ast.ImportFrom):
                for alias in statement.names:
                    if (alias.asname or alias.name) != first:
                        continue
                    if _is_library(statement.module) and not statement.level:
                        return _library_class(rest or alias.name)
                    source = self._imported(path, statement)
                    if source is not None and source != path:
                        return self._class(source, alias.name, depth + 1)
            elif isinstance(statement, ast.Import):
                for alias in statement.names:
                    if (alias.asname or alias.name.partition(".")[0]) == first and _is_library(alias.name):
                        return _library_class(rest)
            elif isinstance(statement, ast.ClassDef) and statement.name == name:
                bases = [self._class(path, dotted(base), depth + 1) for base in statement.bases]
                return next((base for base in bases if base), "")
        return ""

    def _is_factory(self, path: Path, function: ast.FunctionDef, depth: int) -> bool:
        if any(isinstance(node, ast.Yield | ast.YieldFrom) for node in ast.walk(function)):
            return False
        returns = function.returns
        if returns is not None:
            noted = dotted(returns)
            if isinstance(returns, ast.Constant) and isinstance(returns.value, str):
                noted = returns.value
            if noted and self._class(path, noted, depth + 1) == "FastAPI":
                return not any(_is_fixture(decorator) for decorator in function.decorator_list)
        made = {
            name: self._class(path, dotted(value.func), depth + 1)
            for statement in ast.walk(function)
            if isinstance(statement, ast.stmt)
            for name, value, _ in _assigned(statement)
            if isinstance(value, ast.Call)
        }
        apps = {name for name, kind in made.items() if kind == "FastAPI"}
        hung = [
            argument
            for node in ast.walk(function)
            if isinstance(node, ast.Call)
            for argument in mounted(node)
        ]
        if any(isinstance(argument, ast.Name) and argument.id in apps for argument in hung):
            apps |= {name for name, kind in made.items() if kind == "Starlette"}
        for node in ast.walk(function):
            if isinstance(node, ast.Return):
                if isinstance(node.value, ast.Name) and node.value.id in apps:
                    return True
                call = node.value
                if (
                    isinstance(call, ast.Call)
                    and self._class(path, dotted(call.func), depth + 1) == "FastAPI"
                ):
                    return True
        return False

    def _imported(self, path: Path, statement: ast.ImportFrom) -> Path | None:
        """The file that a `from x import y` reads, y itself being a name or a module in it."""
        if statement.level:
            base = path.parent
            for _ in range(statement.level - 1):
                base = base.parent
            inner = base.joinpath(*(statement.module or "").split(".")) if statement.module else base
            for candidate in (inner.with_suffix(".py"), inner / "__init__.py"):
                if candidate.is_file():
                    return candidate
            return None
        return self.file(statement.module or "", beside=path)


def mounted(*calls: ast.Call) -> Iterator[ast.expr]:
    """What these calls hang under another app: of `app.mount("/admin", admin)` and `Mount("/admin", app=admin)` the `admin`."""
    for call in calls:
        name = call.func.attr if isinstance(call.func, ast.Attribute) else dotted(call.func)
        if name in {"mount", "Mount", "host", "Host"}:
            yield from (*call.args, *(keyword.value for keyword in call.keywords))


def mounted_names(tree: ast.Module) -> set[str]:
    """Names of the apps that a module mounts under another."""
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    return {argument.id for argument in mounted(*calls) if isinstance(argument, ast.Name)}


def _is_library(module: str | None) -> bool:
    return (module or "").partition(".")[0] in _LIBRARIES


def _library_class(name: str) -> _Class:
    match name.rpartition(".")[2]:
        case "FastAPI":
            return "FastAPI"
        case "Starlette":
            return "Starlette"
        case _:
            return "other"


def _callable(function: ast.FunctionDef) -> bool:
    arguments = function.args
    positional = len(arguments.posonlyargs) + len(arguments.args)
    return positional == len(arguments.defaults) and all(arguments.kw_defaults)


def _is_fixture(decorator: ast.expr) -> bool:
    name = dotted(decorator.func if isinstance(decorator, ast.Call) else decorator)
    return name.split(".")[-1] == "fixture"
