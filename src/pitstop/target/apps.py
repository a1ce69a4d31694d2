"""Finding the app object of a project as `fastapi run` does, and where that does not look. Nothing is imported."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from pathlib import Path

import msgspec

from pitstop.errors import TargetError
from pitstop.target.commands import Command, read_commands
from pitstop.target.files import is_irrelevant, python_files, read, relative, table, toml
from pitstop.target.model import App
from pitstop.target.sources import Sources, dotted, mounted

_FILES = ("main.py", "app.py", "api.py", "app/main.py", "app/app.py", "app/api.py")
_SHORT = ("main.py", "app.py", "api.py")
_NAMES = ("app", "api", "application")
_PROJECT_MARKS = ("pyproject.toml", "setup.py", "setup.cfg", "Pipfile")
_ASIDE = re.compile(
    r"(^|/)(tests?|testing|examples?|docs?(_src)?|scripts?|benchmarks?|samples?|tutorials?|migrations|alembic)(/|$)"
    r"|(^|/)(test_[^/]*|[^/]*_test|conftest)\.py$"
)
_HOW = 'Say which one: `--app module:name`, or `app = "module:name"` under [tool.pitstop] of pyproject.toml.'


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """An app and the project folder it belongs to (relative to the root), with how they were found."""

    app: App
    folder: str
    how: str


def find_app(root: Path, explicit: str | None = None) -> Finding:
    """The app of the project at `root`, or of the one project below it.

    Raises TargetError when there is none, when several have an equal claim, or when the one named is not there.
    """
    folders = [root, *_subprojects(root)]
    sources = Sources(
        [base for folder in folders for base in (folder, folder / "src", *_above(root, folder))]
    )
    if explicit:
        return _explicit(root, folders, sources, explicit)
    found = _conventional(root, root, folders, sources)
    if found is not None:
        return _placed(found)
    below = [f for folder in folders[1:] if (f := _conventional(root, folder, folders, sources)) is not None]
    below = [f for f in below if f.folder == "." or not _ASIDE.search(f.folder + "/")] or below
    if len({f.app.file for f in below}) > 1:
        raise _several(below)
    if below:
        return _placed(below[0])
    return _anywhere(root, folders, sources)


def _above(root: Path, folder: Path) -> list[Path]:
    """Where a project that is a package itself is imported from, if that lies in the tree."""
    top = folder
    while top != root and (top / "__init__.py").is_file():
        top = top.parent
    return [top] if top != folder else []


def _placed(found: Finding) -> Finding:
    """With the folder said, where the project is not in the root itself."""
    if found.folder == ".":
        return found
    return msgspec.structs.replace(found, how=f"{found.how}; the project sits in {found.folder}/")


def _subprojects(root: Path) -> list[Path]:
    """Folders up to three levels below `root` that look like a Python project of their own."""
    found: list[Path] = []
    level = [root]
    for _ in range(3):
        below: list[Path] = []
        for folder in level:
            try:
                children = sorted(child for child in folder.iterdir() if child.is_dir())
            except OSError:
                continue
            below += [child for child in children if not child.is_symlink() and not is_irrelevant(child)]
        found += [
            child
            for child in below
            if any((child / mark).is_file() for mark in _PROJECT_MARKS)
            or any(child.glob("requirements*.txt"))
        ]
        level = below
    return found


def _explicit(root: Path, folders: list[Path], sources: Sources, explicit: str) -> Finding:
    module, _, name = explicit.partition(":")
    path = _script(folders, module) if module.endswith(".py") or "/" in module else sources.file(module)
    if path is None:
        raise TargetError(
            f"the app {explicit!r} was given, but there is no module {module!r} under {root}",
            "Give it as a server would take it, e.g. `app.main:app`, or as a file, e.g. `app/main.py`.",
        )
    if not name:
        named = _pick(sources, path)
        if named is None:
            raise TargetError(
                f"{relative(path, root)} was given, but no FastAPI app is bound to a name in it",
                f"Name it too, e.g. `{module}:app`.",
            )
        name = named
    name = name.removesuffix("()")
    kind = sources.kind(path, name)
    if not kind and sources.tree(path) is not None and not _binds(sources, path, name):
        raise TargetError(
            f"the app {explicit!r} was given, but {relative(path, root)} has no {name!r}",
            "The names in it that hold an app: "
            + (", ".join(sources.apps(path)) or "none that can be seen."),
        )
    spec = "" if module.endswith(".py") or "/" in module else module
    found = _finding(root, _owner(folders, path), sources, path, name, "as given", module=spec)
    factory = kind == "factory" or explicit.endswith("()")
    return msgspec.structs.replace(found, app=msgspec.structs.replace(found.app, factory=factory))


def _binds(sources: Sources, path: Path, name: str) -> bool:
    tree = sources.tree(path)
    if tree is None:
        return False
    return any(
        (isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Store))
        or (isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name == name)
        or (isinstance(node, ast.alias) and (node.asname or node.name) in (name, "*"))
        for node in ast.walk(tree)
    )


def _script(folders: list[Path], name: str) -> Path | None:
    candidates = (folder / name / tail for folder in folders for tail in ("", *_SHORT))
    return next((path for path in candidates if path.is_file()), None)


def _owner(folders: list[Path], path: Path) -> Path:
    """The innermost project folder that holds `path`."""
    holders = [folder for folder in folders if path.is_relative_to(folder)]
    return max(holders, key=lambda folder: len(folder.parts))


def _pick(sources: Sources, path: Path) -> str | None:
    """The app of one module: `app`, `api`, else the only one it builds."""
    for name in _NAMES:
        if sources.kind(path, name) == "app":
            return name
    built = sources.apps(path)
    if len(built) == 1:
        return built[0]
    if "fastapi" in read(path).lower() and not built:
        return next((name for name in _NAMES if sources.kind(path, name) == "unclear"), None)
    return None


def _conventional(root: Path, folder: Path, folders: list[Path], sources: Sources) -> Finding | None:
    """The app of the project in `folder`, by settings, by the usual names, by its own start commands."""
    entry = table(toml(folder / "pyproject.toml"), "tool", "fastapi").get("entrypoint")
    if isinstance(entry, str) and ":" in entry:
        module, _, name = entry.partition(":")
        path = Sources([folder, folder / "src"]).file(module)
        where = relative(folder / "pyproject.toml", root)
        if path is None:
            raise TargetError(
                f"{where} names the app {entry!r} under [tool.fastapi], but there is no module {module!r}",
                _HOW,
            )
        return _finding(root, folder, sources, path, name, f"[tool.fastapi] of {where}", module=module)
    for name in _FILES:
        if (folder / name).is_file() and (picked := _pick(sources, folder / name)):
            path = folder / name
            return _finding(root, folder, sources, path, picked, f"{relative(path, root)}, as `fastapi run`")
    in_src = _short_names([*sorted(folder.glob("src/*/")), folder / "src"])
    found = _in_one_package(root, folder, sources, in_src) or _commanded(root, folder, folders, sources)
    if found is not None:
        return found
    apart = [
        package
        for package in sorted(folder.glob("*/"))
        if package not in folders and not is_irrelevant(package) and not _ASIDE.search(package.name)
    ]
    beside = _short_names(apart)
    found = _in_one_package(root, folder, sources, beside)
    if found is not None:
        return found
    for path in [*(folder / name for name in _FILES), *in_src]:
        names = sources.factories(path) if path.is_file() else []
        if len(names) == 1 or "create_app" in names:
            name = "create_app" if "create_app" in names else names[0]
            how = f"the factory {name}() of {relative(path, root)}"
            return _finding(root, folder, sources, path, name, how, factory=True)
    return None


def _short_names(packages: Iterable[Path]) -> list[Path]:
    return [package / name for package in packages for name in _SHORT if (package / name).is_file()]


def _in_one_package(root: Path, folder: Path, sources: Sources, paths: list[Path]) -> Finding | None:
    """The app of the first of these files that has one, unless files of another folder have one too."""
    found = [
        _finding(root, folder, sources, path, picked, f"in {relative(path, root)}")
        for path in paths
        if (picked := _pick(sources, path))
    ]
    return found[0] if len({Path(f.app.file).parent for f in found}) == 1 else None


def _commanded(root: Path, folder: Path, folders: list[Path], sources: Sources) -> Finding | None:
    """The app that the project's own start commands name, if they agree; a Dockerfile counts before a script."""
    found: dict[int, list[Finding]] = {}
    for command in read_commands(folder):
        path = _command_file(folder, sources, command)
        if path is None or not path.is_relative_to(folder):
            continue
        name = command.attribute or _pick(sources, path)
        kind = sources.kind(path, name) if name else ""
        if not name or not kind:
            continue
        where = relative(folder / command.file, root)
        factory = command.factory or kind == "factory"
        module = command.module
        found.setdefault(_rank(command), []).append(
            _finding(
                root,
                _owner(folders, path),
                sources,
                path,
                name,
                f"{where} starts it",
                module=module,
                factory=factory,
            )
        )
    for _, equals in sorted(found.items()):
        plain = [f for f in equals if not _ASIDE.search(f.app.file)] or equals
        if len({(f.app.file, f.app.spec.partition(":")[2]) for f in plain}) == 1:
            return plain[0]
    return None


def _rank(command: Command) -> int:
    name = command.file.rpartition("/")[2].lower()
    if "dockerfile" in name or "containerfile" in name or name.startswith("procfile"):
        return 0
    return 1 if "compose" in name else 2


def _command_file(folder: Path, sources: Sources, command: Command) -> Path | None:
    beside = (folder / command.file).parent
    inner = Sources([beside / command.folder, folder / command.folder, beside, folder, folder / "src"])
    if command.script:
        return next((p for base in inner.roots if (p := base / command.script).is_file()), None)
    return inner.file(command.module) or sources.file(command.module)


def _anywhere(root: Path, folders: list[Path], sources: Sources) -> Finding:
    """The one module that builds an app, or the one function that makes one, wherever it is."""
    built: list[Finding] = []
    made: list[Finding] = []
    broken: list[str] = []
    for path in python_files(root):
        text = read(path)
        if "FastAPI" not in text and "fastapi" not in text:
            continue
        if sources.tree(path) is None and not sources.apps(path):
            broken.append(relative(path, root))
            continue
        folder = _owner(folders, path)
        where = f"the only FastAPI() found, in {relative(path, root)}"
        names = sources.apps(path)
        names = [name for name in names if name in _NAMES] or names
        built += [_finding(root, folder, sources, path, name, where) for name in names]
        made += [
            _finding(
                root,
                folder,
                sources,
                path,
                name,
                f"the factory {name}() of {relative(path, root)}",
                factory=True,
            )
            for name in sources.factories(path)
        ]
    below = _mounted(root, sources, built)
    for claims in (built, made):
        proper = [f for f in claims if not _ASIDE.search(f.app.file)]
        proper = [f for f in proper if (f.app.file, f.app.spec.partition(":")[2]) not in below] or proper
        if len(proper) == 1:
            return proper[0]
        if proper:
            raise _several(proper)
    rest = f" {', '.join(broken[:3])} could not be parsed and may hold it." if broken else ""
    raise TargetError(f"no FastAPI app was found under {root}.{rest}", _HOW)


def _mounted(root: Path, sources: Sources, built: list[Finding]) -> set[tuple[str, str]]:
    """Apps (file, name) that another module mounts under its own."""
    found: set[tuple[str, str]] = set()
    for path in {root / f.app.file for f in built}:
        tree = sources.tree(path)
        calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)] if tree else []
        for argument in mounted(*calls):
            if isinstance(argument, ast.Name | ast.Attribute):
                found |= _origin(root, sources, path, tree, dotted(argument))
    return found


def _origin(
    root: Path, sources: Sources, path: Path, tree: ast.Module | None, name: str
) -> set[tuple[str, str]]:
    first, _, attribute = name.partition(".")
    for node in ast.walk(tree) if tree else ():
        if isinstance(node, ast.ImportFrom):
            for alias in node.names:
                if (alias.asname or alias.name) == first:
                    inner = f"{node.module}.{alias.name}" if attribute else node.module or ""
                    file = sources.file(inner, beside=path)
                    if file is not None:
                        return {(relative(file, root), attribute or alias.name)}
    return set()


def _several(found: Iterable[Finding]) -> TargetError:
    names = sorted({f"{f.app.command} ({f.app.file})" for f in found})
    shown = ", ".join(names[:6]) + (f" and {len(names) - 6} more" if len(names) > 6 else "")
    return TargetError(f"several FastAPI apps were found, and nothing says which one to take: {shown}", _HOW)


def _finding(
    root: Path,
    folder: Path,
    sources: Sources,
    path: Path,
    name: str,
    how: str,
    *,
    module: str = "",
    factory: bool = False,
) -> Finding:
    base, dotted_name = import_name(folder, path, module, sources)
    app = App(
        spec=f"{dotted_name}:{name}",
        file=relative(path, root),
        import_root=relative(base, root),
        factory=factory,
    )
    return Finding(app=app, folder=relative(folder, root), how=how)


def import_name(folder: Path, path: Path, module: str, sources: Sources) -> tuple[Path, str]:
    """The folder that must be on the path, and the name by which the project itself imports the module in `path`.

    A folder with no `__init__.py` is ambiguous: `app/main.py` is `main` to `fastapi run` but `app.main` to a project
    that says `from app.models import ...`. What the project's own imports say decides.
    """
    parts = list(path.with_suffix("").parts)
    if parts[-1] == "__init__":
        parts.pop()
    if module:
        count = len(module.split("."))
        if tuple(parts[-count:]) == tuple(module.split(".")):
            return Path(*parts[:-count]), module
    top = path.parent
    while (top / "__init__.py").is_file():
        top = top.parent
    outermost = [parent for parent in [top, *top.parents] if parent.is_relative_to(folder)]
    used = sources.imported(folder)
    for base in reversed(outermost or [top]):
        name = ".".join(parts[len(base.parts) :])
        first = name.partition(".")[0]
        if "." in name and first in used and name.replace(".", "").isidentifier() and base.name != "":
            return base, name
    return top, ".".join(parts[len(top.parts) :])
