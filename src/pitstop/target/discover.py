"""Finding all that is needed to run a service: app, interpreter, tests, database. Says how it found each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from pitstop.data import Skipped
from pitstop.errors import TargetError
from pitstop.target.apps import find_app
from pitstop.target.files import fault, python_files, relative
from pitstop.target.interpreters import find_interpreter
from pitstop.target.model import App, DatabaseVariable, Interpreter, Target, starting_folder
from pitstop.target.suites import find_suite
from pitstop.target.variables import database_variables


def discover(
    root: Path,
    *,
    app: str | None,
    python: Path | None,
    tests: Sequence[str] | None,
    environment: Mapping[str, str],
) -> Target:
    """All that is needed to run the service at `root`.

    What is given is taken as it is, the rest is looked for; the project's code is read, never imported. Raises
    TargetError when there is no app or no interpreter for it, or when the choice is not clear.
    """
    root = root.expanduser().absolute()
    if root.is_file():
        raise TargetError(f"{root} is a file", "Give the folder of the project.")
    if not root.is_dir():
        raise TargetError(f"there is no folder {root}", "Give the folder of the project.")
    found: dict[str, str] = {}
    finding = find_app(root, app)
    folder = root / finding.folder
    found["app"] = f"{finding.app.command} ({finding.how})"
    interpreter, found["interpreter"] = find_interpreter(root, folder, python, environment)
    suite, found["tests"], paths = find_suite(root, folder, tests or None, interpreter)
    databases = database_variables(folder, environment)
    found["database"] = _say(databases)
    skipped = _unparsable(folder, root, interpreter)
    if suite is None:
        skipped.append(Skipped(stage="measure", subject="tests", reason=found["tests"]))
    config = folder / "pyproject.toml"
    return Target(
        root=root,
        interpreter=interpreter,
        folder=finding.folder,
        app=finding.app,
        import_roots=_import_roots(root, folder, finding.app, interpreter, paths),
        tests=suite,
        config=relative(config, root) if config.is_file() else "",
        databases=databases,
        found=found,
        skipped=tuple(skipped),
    )


def _say(databases: tuple[DatabaseVariable, ...]) -> str:
    if not databases:
        return "no environment variable for a database URL was seen in the code"
    names = [variable.name for variable in databases if variable.part == "url"] or [v.name for v in databases]
    return f"{', '.join(names)} (read in {databases[0].where})"


def _import_roots(
    root: Path, folder: Path, app: App, interpreter: Interpreter, paths: Sequence[str]
) -> tuple[str, ...]:
    """Folders to import from, the most telling first.

    Editable installs are among them: their folders must be found in the copy before the interpreter's own list is asked.
    """
    roots = [app.import_root, *paths]
    if (folder / "src").is_dir() and not (folder / "src" / "__init__.py").is_file():
        roots.append(relative(folder / "src", root))
    # not a package's own folder: its modules would hide those of the same names elsewhere (`alembic`, `token`)
    roots.append(starting_folder(relative(folder, root), app))
    real = root.resolve()
    for place in interpreter.editable:
        resolved = place.resolve()
        if resolved.is_relative_to(real) and resolved.is_dir():
            roots.append(relative(resolved, real))
    return tuple(dict.fromkeys(roots))


def _unparsable(folder: Path, root: Path, interpreter: Interpreter) -> list[Skipped]:
    """Files that cannot be parsed, unless the project's Python is newer than this one and may well read them."""
    import sys

    if interpreter.version[:2] > sys.version_info[:2]:
        return []
    spoken = ".".join(map(str, sys.version_info[:2]))
    return [
        Skipped(
            stage="discover",
            subject=relative(path, root),
            reason=f"Python {spoken}, which pitstop runs in, cannot parse it: {why}",
        )
        for path in python_files(folder)
        if (why := fault(path))
    ]
