"""Modules, classes and functions of a tree by name, and what a dotted name means."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache

from pitstop.project import library
from pitstop.project.facts import Assign, ClassDef, FunctionDef, Import, Statement, dotted
from pitstop.project.model import Binding, ClassInfo, FunctionInfo, Module, collect_bindings, imported
from pitstop.project.sites import walk
from pitstop.project.source import SourceFile

_ALIASES = (
    ("sqlmodel.ext.asyncio.session.AsyncSession", "sqlalchemy.ext.asyncio.AsyncSession"),
    ("sqlmodel.Session", "sqlalchemy.orm.Session"),
    ("sqlmodel.orm.session.Session", "sqlalchemy.orm.Session"),
    ("sqlmodel.select", "sqlalchemy.select"),
    ("sqlmodel.insert", "sqlalchemy.insert"),
    ("sqlmodel.update", "sqlalchemy.update"),
    ("sqlmodel.delete", "sqlalchemy.delete"),
    ("sqlmodel.create_engine", "sqlalchemy.create_engine"),
    ("sqlmodel.Relationship", "sqlalchemy.orm.relationship"),
    ("starlette.concurrency.", "fastapi.concurrency."),
    ("fastapi.applications.FastAPI", "fastapi.FastAPI"),
    ("fastapi.routing.APIRouter", "fastapi.APIRouter"),
    ("fastapi.params.Depends", "fastapi.Depends"),
    ("fastapi.param_functions.", "fastapi."),
    ("starlette.responses.", "fastapi.responses."),
    ("starlette.requests.Request", "fastapi.Request"),
    ("fastapi.background.BackgroundTasks", "fastapi.BackgroundTasks"),
    ("starlette.background.BackgroundTasks", "fastapi.BackgroundTasks"),
    ("starlette.middleware.base.BaseHTTPMiddleware", "fastapi.middleware.BaseHTTPMiddleware"),
    ("typing_extensions.", "typing."),
    ("collections.abc.", "typing."),
    ("pydantic.main.BaseModel", "pydantic.BaseModel"),
    ("httpx2.", "httpx."),
)
_SQLALCHEMY_NAMES = {
    name: home + name
    for home, names in (
        (
            "sqlalchemy.ext.asyncio.",
            (
                "AsyncSession AsyncEngine AsyncConnection AsyncAttrs async_sessionmaker async_scoped_session"
                " create_async_engine AsyncResult AsyncScalarResult"
            ),
        ),
        (
            "sqlalchemy.orm.",
            (
                "Session sessionmaker scoped_session relationship backref mapped_column Mapped DeclarativeBase declarative_base"
                " declared_attr selectinload joinedload subqueryload immediateload lazyload noload raiseload contains_eager"
                " load_only defer undefer Query aliased column_property DeclarativeBaseNoMeta MappedAsDataclass"
            ),
        ),
        (
            "sqlalchemy.",
            (
                "select insert update delete text func Column ForeignKey Index UniqueConstraint PrimaryKeyConstraint"
                " ForeignKeyConstraint create_engine Engine Connection Select Result ScalarResult Row"
            ),
        ),
    )
    for name in names.split()
}


@cache
def canonical(name: str) -> str:
    """One spelling for names that libraries export from several places."""
    if name.startswith("sqlalchemy."):
        last = name.rpartition(".")[2]
        parent = name.rpartition(".")[0]
        # Methods keep their class: `...session.AsyncSession.scalars` is canonised by its class.
        owner = parent.rpartition(".")[2]
        if last in _SQLALCHEMY_NAMES and owner not in _SQLALCHEMY_NAMES:
            return _SQLALCHEMY_NAMES[last]
        if owner in _SQLALCHEMY_NAMES:
            return f"{_SQLALCHEMY_NAMES[owner]}.{last}"
        return name
    for prefix, replacement in _ALIASES:
        if name == prefix or (prefix.endswith(".") and name.startswith(prefix)):
            return replacement + name[len(prefix) :]
        if name.startswith(prefix + "."):
            return replacement + name[len(prefix) :]
    return name


class Index:
    """All modules of a project, and the classes and functions in them."""

    def __init__(self, files: Iterable[SourceFile]) -> None:
        self.modules: dict[str, Module] = {}
        self.by_path: dict[str, Module] = {}
        self.classes: dict[str, ClassInfo] = {}
        self.functions: dict[str, FunctionInfo] = {}
        self._suffixes: dict[str, Module | None] = {}
        files = list(files)
        packages = {
            file.path.rpartition("/")[0] for file in files if file.path.rpartition("/")[2] == "__init__.py"
        }
        foreign = library.packages()
        for file in files:
            self._add(file, packages, foreign)
        self._look_around(packages, foreign)
        self._tops = {name.split(".")[0] for name in (*self.modules, *self._suffixes)}
        for module in self.by_path.values():
            self._fill(module)

    def _add(self, file: SourceFile, packages: set[str], foreign: frozenset[str]) -> None:
        folder, _, name = file.path.rpartition("/")
        is_package = name == "__init__.py"
        parts = folder.split("/") if folder else []
        start = len(parts)
        while start and "/".join(parts[:start]) in packages:
            start -= 1
        names = parts[start:]
        if not names and parts:
            # No package around: a namespace package or a script; its path below `src` is its name.
            names = parts[parts.index("src") + 1 :] if "src" in parts else parts
        tail = [] if is_package else [name[: -len(".py")]]
        dotted_name = ".".join([*names, *tail])
        module = Module(dotted_name, file.path, file, is_package)
        self.by_path[file.path] = module
        self.modules.setdefault(dotted_name, module)
        full = [*parts, *tail]
        for cut in range(len(full)):
            suffix = ".".join(full[cut:])
            if cut and "." not in suffix and "/".join(parts[:cut]) in packages and suffix in foreign:
                # `core/redis.py` of a package is no `import redis`.
                continue
            known = self._suffixes.get(suffix, module)
            self._suffixes[suffix] = module if known is module else None

    def _look_around(self, packages: set[str], foreign: frozenset[str]) -> None:
        """Settle first names that several modules have: a program finds what lies beside it, or beside a folder it is in."""
        beside: dict[str, dict[str, str]] = {}
        for path, module in self.by_path.items():
            whole = path.removesuffix("/__init__.py").removesuffix(".py")
            folder, _, name = whole.rpartition("/")
            if folder in packages or name in foreign:
                # There the bare name means something else.
                continue
            if name not in self.modules and self._suffixes.get(name, module) is None:
                beside.setdefault(folder, {})[name] = module.name
        if not beside:
            return
        for path, module in self.by_path.items():
            folder = path
            while folder:
                folder = folder.rpartition("/")[0]
                for name, found in beside.get(folder, {}).items():
                    module.near.setdefault(name, found)

    def _fill(self, module: Module) -> None:
        body = module.source.facts.body
        statements = tuple(walk(body))
        collect_bindings(statements, module.bindings, module)
        for statement in statements:
            if isinstance(statement, Import):
                for name, target in imported(statement, module):
                    if name == "*":
                        module.stars.append(target.removesuffix(".*"))
        for statement in _definitions(body):
            if isinstance(statement, FunctionDef):
                info = self._function(module, statement, module.name, None, None)
                module.bindings.setdefault(statement.name, []).append(
                    Binding("function", target=info.qualname)
                )
            else:
                found = self._class(module, statement, module.name)
                module.bindings.setdefault(statement.name, []).append(Binding("class", target=found.qualname))

    def _function(
        self,
        module: Module,
        node: FunctionDef,
        prefix: str,
        owner: ClassInfo | None,
        parent: FunctionInfo | None,
    ) -> FunctionInfo:
        info = FunctionInfo(f"{prefix}.{node.name}" if prefix else node.name, module, node, owner, parent)
        self.functions.setdefault(info.qualname, info)
        for statement in _definitions(node.body):
            if isinstance(statement, FunctionDef):
                info.nested[statement.name] = self._function(module, statement, info.qualname, None, info)
            else:
                found = self._class(module, statement, info.qualname)
                info.classes[statement.name] = found
        return info

    def _class(self, module: Module, node: ClassDef, prefix: str) -> ClassInfo:
        info = ClassInfo(f"{prefix}.{node.name}" if prefix else node.name, module, node)
        self.classes.setdefault(info.qualname, info)
        for statement in walk(node.body):
            match statement:
                case FunctionDef():
                    info.methods[statement.name] = self._function(
                        module, statement, info.qualname, info, None
                    )
                case ClassDef():
                    self._class(module, statement, info.qualname)
                case Assign():
                    for target in statement.targets:
                        name = dotted(target)
                        if name and "." not in name:
                            info.attributes[name] = statement
        return info

    # --- names ---------------------------------------------------------------------------------------------------

    def module(self, name: str) -> Module | None:
        """The module that `import name` would give, if it is the project's."""
        return self.modules.get(name) or self._suffixes.get(name)

    def resolve(self, name: str, depth: int = 0) -> Binding | None:
        """What an absolute dotted name of the project means; None when it is not the project's.

        The answer is a binding of kind `import` (a module), `class`, `function`, or `value`/`annotation` (a variable, with the
        name of its module in `target`).
        """
        if name.split(".")[0] not in self._tops or depth > 12:
            return None
        module = self.module(name)
        head, _, last = name.rpartition(".")
        owner = self.module(head) if head else None
        if module is not None:
            # What a package imports under the name of its module stands before the module.
            bound = owner.bindings.get(last) if owner is not None and owner.is_package else None
            if owner is not None and bound and self.module(bound[-1].target) is not module:
                return self.member(owner, last, depth + 1)
            return Binding("import", target=module.name)
        if not head:
            return None
        if owner is not None:
            return self.member(owner, last, depth + 1)
        above = self.resolve(head, depth + 1)
        if above is None:
            return None
        if above.how == "import":
            inner = self.module(above.target)
            return self.member(inner, last, depth + 1) if inner is not None else None
        if above.how == "class":
            found = f"{above.target}.{last}"
            if found in self.functions:
                return Binding("function", target=found)
            if found in self.classes:
                return Binding("class", target=found)
        return None

    def member(self, module: Module, name: str, depth: int = 0) -> Binding | None:
        """What `module.name` means, through imports and re-exports; external imports come back as they stand."""
        for binding in reversed(module.bindings.get(name, ())):
            if binding.how != "import":
                return Binding(
                    binding.how,
                    binding.value,
                    binding.index,
                    binding.parameter,
                    binding.target or module.name,
                )
            found = self.resolve(binding.target, depth + 1)
            if found is not None:
                return found
            return binding
        inner = self.module(f"{module.name}.{name}") if module.is_package else None
        if inner is not None:
            return Binding("import", target=inner.name)
        if depth < 12:
            for star in module.stars:
                source = self.module(star)
                if source is not None and source is not module:
                    found = self.member(source, name, depth + 1)
                    if found is not None:
                        return found
        return None


def _definitions(body: tuple[Statement, ...]) -> Iterator[FunctionDef | ClassDef]:
    for statement in walk(body):
        if isinstance(statement, (FunctionDef, ClassDef)):
            yield statement
