"""What the names of a module stand for, as far as reading tells: an app, a function that makes one, or neither."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal

from pitstop.target.files import parse, python_files, read

Kind = Literal["app", "factory", "unclear", ""]
_CLASSES = {"FastAPI"}
_LIBRARIES = {"fastapi", "fastapi.applications"}
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
            if isinstance(value, ast.Call) and self._makes_app(path, value, 0)
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
                    found = self._value(path, value, annotation, depth)
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

    def _value(self, path: Path, value: ast.expr | None, note: ast.expr | None, depth: int) -> Kind:
        if note is not None and self._is_class(path, dotted(note), depth):
            return "app"
        if isinstance(value, ast.Call):
            if self._makes_app(path, value, depth):
                return "app"
            passed = [*value.args, *(keyword.value for keyword in value.keywords)]
            names = [node.id for node in passed if isinstance(node, ast.Name)]
            if any(self.kind(path, name, depth + 1) == "app" for name in names if depth < _DEEPEST):
                return "app"
            return "unclear"
        if isinstance(value, ast.Name):
            return self.kind(path, value.id, depth + 1)
        return "unclear" if isinstance(value, ast.Attribute | ast.Await | ast.IfExp) else ""

    def _makes_app(self, path: Path, call: ast.Call, depth: int) -> bool:
        name = dotted(call.func)
        if not name or depth > _DEEPEST:
            return False
        if self._is_class(path, name, depth):
            return True
        return "." not in name and self.kind(path, name, depth + 1) == "factory"

    def _is_class(self, path: Path, name: str, depth: int) -> bool:
        """Whether `name` is FastAPI or a class derived from it."""
        tree = self.tree(path)
        if tree is None or not name or depth > _DEEPEST:
            return False
        first, _, rest = name.partition(".")
        for statement in bindings(tree.body):
            if isinstance(statement, ast.ImportFrom):
                for alias in statement.names:
                    if (alias.asname or alias.name) != first:
                        continue
                    if statement.module in _LIBRARIES and alias.name in _CLASSES and not rest:
                        return True
                    source = self._imported(path, statement)
                    if source is not None and source != path:
                        return self._is_class(source, alias.name, depth + 1)
            elif isinstance(statement, ast.Import):
                for alias in statement.names:
                    if (
                        (alias.asname or alias.name) == first
                        and alias.name in _LIBRARIES
                        and rest in _CLASSES
                    ):
                        return True
            elif isinstance(statement, ast.ClassDef) and statement.name == name:
                return any(self._is_class(path, dotted(base), depth + 1) for base in statement.bases)
        return False

    def _is_factory(self, path: Path, function: ast.FunctionDef, depth: int) -> bool:
        if any(isinstance(node, ast.Yield | ast.YieldFrom) for node in ast.walk(function)):
            return False
        returns = function.returns
        if returns is not None:
            noted = dotted(returns)
            if isinstance(returns, ast.Constant) and isinstance(returns.value, str):
                noted = returns.value
            if noted and self._is_class(path, noted, depth + 1):
                return not any(_is_fixture(decorator) for decorator in function.decorator_list)
        made = {
            name
            for statement in ast.walk(function)
            if isinstance(statement, ast.stmt)
            for name, value, _ in _assigned(statement)
            if isinstance(value, ast.Call) and self._is_class(path, dotted(value.func), depth + 1)
        }
        for node in ast.walk(function):
            if isinstance(node, ast.Return):
                if isinstance(node.value, ast.Name) and node.value.id in made:
                    return True
                call = node.value
                if isinstance(call, ast.Call) and self._is_class(path, dotted(call.func), depth + 1):
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


def mounted_names(tree: ast.Module) -> set[str]:
    """Names of the apps that a module mounts under another: `app.mount("/admin", admin)`."""
    return {
        argument.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "mount"
        for argument in [*node.args, *(keyword.value for keyword in node.keywords)]
        if isinstance(argument, ast.Name)
    }


def _callable(function: ast.FunctionDef) -> bool:
    arguments = function.args
    positional = len(arguments.posonlyargs) + len(arguments.args)
    return positional == len(arguments.defaults) and all(arguments.kw_defaults)


def _is_fixture(decorator: ast.expr) -> bool:
    name = dotted(decorator.func if isinstance(decorator, ast.Call) else decorator)
    return name.split(".")[-1] == "fixture"
