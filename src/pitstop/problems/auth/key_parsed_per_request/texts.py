"""Whether a text is the same in all requests, by where it comes from: settings, the environment, a file, a constant."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from pitstop.project.constancy import is_settings
from pitstop.project.facts import (
    Attr,
    Await,
    Call,
    Const,
    Expr,
    Format,
    Name,
    Op,
    Sub,
)
from pitstop.project.model import Binding, FunctionInfo, Module, Type

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.project.inference import Scope

_DEEP = 10
_SETTINGS = "the settings"
_ENVIRONMENT = "the environment"
_FILE = "a file"
_CONSTANT = "a constant"
_SOURCES = (_SETTINGS, _ENVIRONMENT, _FILE, _CONSTANT)
_STARLETTE = "starlette.config.Config"
_READS = {"open": _FILE, "read": _FILE, "read_bytes": _FILE, "read_text": _FILE}
_CONVERTS = {"decode", "encode", "format", "get_secret_value", "joinpath", "replace", "strip"}
_OF_PATHS = {"parent", "parents"}
_FUNCTIONS = {
    "aiofiles.open": _FILE,
    "builtins.open": _FILE,
    "open": _FILE,
    "anyio.Path": _CONSTANT,
    "base64.b64decode": _CONSTANT,
    "base64.standard_b64decode": _CONSTANT,
    "base64.urlsafe_b64decode": _CONSTANT,
    "builtins.bytes": _CONSTANT,
    "builtins.str": _CONSTANT,
    "bytes": _CONSTANT,
    "str": _CONSTANT,
    "json.dumps": _CONSTANT,
    "json.loads": _CONSTANT,
    "os.path.abspath": _CONSTANT,
    "os.path.dirname": _CONSTANT,
    "os.path.expanduser": _CONSTANT,
    "os.path.join": _CONSTANT,
    "pathlib.Path": _CONSTANT,
    "textwrap.dedent": _CONSTANT,
    "cryptography.hazmat.backends.default_backend": _CONSTANT,
    "os.getenv": _ENVIRONMENT,
    "os.environ.get": _ENVIRONMENT,
    "decouple.config": _ENVIRONMENT,
}
"""What gives the same for the same arguments, or, for what it reads, until the service starts anew."""


class Texts:
    """Where the texts that calls are given come from."""

    def __init__(self, project: Project) -> None:
        self._project = project

    def source(self, given: Sequence[Expr], function: FunctionInfo) -> str:
        """Where all of these come from, in words; nothing where one may differ from request to request."""
        return self._all(given, function, 0)

    def _of(self, expr: Expr, scope: Scope, depth: int = 0) -> str:
        if depth > _DEEP:
            return ""
        match expr:
            case Const():
                return _CONSTANT
            case Name():
                return self._of_name(expr, scope, depth)
            case Attr():
                return self._of_attribute(expr, scope, depth)
            case Call():
                return self._of_call(expr, scope, depth)
            case Await():
                return self._of(expr.value, scope, depth + 1)
            case Sub():
                if self._project.types.type_of(expr.value, scope).name == "os.environ":
                    return _ENVIRONMENT if isinstance(expr.index, Const) else ""
                return self._all((expr.value, expr.index), scope, depth)
            case Op() if expr.op in {"Add", "Div", "Or"}:
                return self._all(expr.operands, scope, depth)
            case Format():
                return self._all(expr.values, scope, depth)
            case _:
                return ""

    def _all(self, parts: Iterable[Expr], scope: Scope, depth: int) -> str:
        found = {self._of(part, scope, depth + 1) for part in parts}
        return "" if "" in found else next((s for s in _SOURCES if s in found), _CONSTANT)

    def _of_name(self, name: Name, scope: Scope, depth: int) -> str:
        function = scope if isinstance(scope, FunctionInfo) else None
        while function is not None:
            bound = function.bindings.get(name.id)
            if bound:
                return self._of_bindings(bound, function, depth)
            function = function.parent
        module = scope.module if isinstance(scope, FunctionInfo) else scope
        if name.id == "__file__":
            return _CONSTANT
        known = self._project.index.member(module, name.id)
        home = self._project.index.module(known.target) if known is not None else None
        if known is None or known.how != "value" or home is None:
            return ""
        return self._of_global(known, home, depth)

    def _of_bindings(self, bound: list[Binding], scope: Scope, depth: int) -> str:
        """What a name gets in a function: the same each time if each thing that it is given is."""
        values = [
            b.value for b in bound if b.how in {"value", "enter"} and not b.index and b.value is not None
        ]
        if len(values) < sum(b.how != "annotation" for b in bound):
            return ""
        return self._all(tuple(values), scope, depth)

    def _of_global(self, binding: Binding, home: Module, depth: int) -> str:
        """What a name of a module holds: it must be given one value, when the module is imported, and that as a text."""
        name = next(
            (n for n, bound in home.bindings.items() if any(b.value is binding.value for b in bound)), ""
        )
        bound = [b for b in home.bindings.get(name, ()) if b.how != "annotation"]
        if len(bound) != 1 or binding.index or name in self._project.rebound.names or binding.value is None:
            return ""
        return self._of(binding.value, home, depth + 1)

    def _of_attribute(self, expr: Attr, scope: Scope, depth: int) -> str:
        types = self._project.types
        owner = types.type_of(expr.value, scope)
        if owner.kind == "module":
            home = self._project.index.module(owner.name)
            known = self._project.index.member(home, expr.attr) if home is not None else None
            where = self._project.index.module(known.target) if known is not None else None
            if known is None or where is None or known.how != "value":
                return ""
            return self._of_global(known, where, depth)
        if expr.attr in _OF_PATHS:
            return self._of(expr.value, scope, depth + 1)
        if expr.attr in self._project.rebound.attributes:
            return ""
        if self._is_settings(owner) or self._is_part(expr.value, scope):
            return _SETTINGS
        return self._of_class(owner, expr.attr, depth)

    def _of_class(self, owner: Type, name: str, depth: int) -> str:
        """What stands in the body of a class that nothing else fills: `Config.KEY`."""
        cls = self._project.index.classes.get(owner.name) if owner.kind in {"class", "instance"} else None
        if cls is None or cls.node.bases or cls.node.decorators or "__init__" in cls.methods:
            return ""
        attribute = cls.attributes.get(name)
        return self._of(attribute.value, cls.module, depth + 1) if attribute and attribute.value else ""

    def _is_part(self, expr: Expr, scope: Scope) -> bool:
        """Whether something is itself part of settings: `settings.auth` in `settings.auth.public_key`."""
        if not isinstance(expr, Attr) or expr.attr in self._project.rebound.attributes:
            return False
        owner = self._project.types.type_of(expr.value, scope)
        return self._is_settings(owner) or self._is_part(expr.value, scope)

    def _is_settings(self, owner: Type) -> bool:
        if owner.kind not in {"instance", "class"} or owner.name not in self._project.index.classes:
            return False
        return is_settings(self._project.types, owner.name)

    def _of_call(self, call: Call, scope: Scope, depth: int) -> str:
        types = self._project.types
        given = (*call.args, *(k.value for k in call.keywords))
        found = types.type_of(call.func, scope)
        function = self._project.index.functions.get(found.name) if found.kind == "function" else None
        if function is not None:
            # Of a function that is handed something, or asks somebody, nobody knows what it gives next time.
            if given or function.node.parameters or function.is_async or not function.returns:
                return ""
            return self._all(function.returns, function, depth)
        arguments = self._all(given, scope, depth) if given else _CONSTANT
        if not arguments:
            return ""
        source = _ENVIRONMENT if found.name == _STARLETTE else _FUNCTIONS.get(found.name)
        if source is not None:
            return _first(source, arguments)
        if isinstance(call.func, Attr):
            method = call.func.attr
            if method in _READS or method in _CONVERTS:
                value = self._of(call.func.value, scope, depth + 1)
                return value and _first(_READS.get(method, _CONSTANT), value, arguments)
        return ""


def _first(*sources: str) -> str:
    return next(s for s in _SOURCES if s in sources)
