"""Source → Project: the service as FastAPI and SQLAlchemy would assemble it, from reading alone."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path

from pitstop.data import Skipped
from pitstop.project.blocking import Blocking
from pitstop.project.calls import Calls
from pitstop.project.constancy import Rebound
from pitstop.project.deployment import Deployment
from pitstop.project.imports import loaded
from pitstop.project.index import Index
from pitstop.project.inference import Inference
from pitstop.project.jobs import Jobs
from pitstop.project.loads import Loads
from pitstop.project.middleware import MiddlewareStacks
from pitstop.project.model import FunctionInfo
from pitstop.project.orm import Models
from pitstop.project.parsed import ParsedFiles
from pitstop.project.queries import Queries
from pitstop.project.routes import Routes
from pitstop.project.sessions import Sessions
from pitstop.project.shadowing import Shadows
from pitstop.project.source import SourceFile, find, read_text
from pitstop.project.source import read as read_files
from pitstop.project.turns import Turns
from pitstop.project.unused import Unused
from pitstop.project.versions import Versions
from pitstop.project.versions import find as find_versions
from pitstop.project.waits import Waits
from pitstop.project.writes import Writes


class Project:
    """A service as its source describes it. Everything beyond the files is worked out when first asked for."""

    def __init__(self, root: Path, files: Sequence[SourceFile], skipped: Sequence[Skipped]) -> None:
        self.root = root
        self.files = tuple(files)
        self.skipped = tuple(skipped)
        self.unwritten: Mapping[str, str] = {}
        """Texts that stand in the place of files, by path, where this is the project as it would be with them."""

    @cached_property
    def index(self) -> Index:
        return Index(self.files)

    @cached_property
    def types(self) -> Inference:
        return Inference(self.index)

    @property
    def models(self) -> Models:
        return self.types.models

    @cached_property
    def routes(self) -> Routes:
        return Routes(self.index, self.types)

    @cached_property
    def shadows(self) -> Shadows:
        return Shadows(self.routes)

    @cached_property
    def unused(self) -> Unused:
        return Unused(self)

    @cached_property
    def middleware(self) -> MiddlewareStacks:
        return MiddlewareStacks(self.index, self.types, self.routes)

    @cached_property
    def calls(self) -> Calls:
        return Calls(self.index, self.types, self.routes, self.shadows)

    @cached_property
    def jobs(self) -> Jobs:
        return Jobs(self.index, self.types, self.routes, self.calls)

    @cached_property
    def queries(self) -> Queries:
        return Queries(self.index, self.types, self.calls)

    @cached_property
    def loads(self) -> Loads:
        return Loads(self.types, self.calls, self.jobs, self.queries)

    @cached_property
    def blocking(self) -> Blocking:
        return Blocking(self.index.functions, self.calls, self.queries)

    @cached_property
    def rebound(self) -> Rebound:
        return Rebound(self.index.functions.values())

    @cached_property
    def parsed(self) -> ParsedFiles:
        return ParsedFiles(self.index, self.types, self.calls, self.rebound)

    @cached_property
    def waits(self) -> Waits:
        return Waits(self.calls)

    @cached_property
    def turns(self) -> Turns:
        return Turns(self.index, self.types, self.calls, self.waits, self.blocking)

    @cached_property
    def sessions(self) -> Sessions:
        return Sessions(self.types, self.calls)

    @cached_property
    def writes(self) -> Writes:
        return Writes(self.types, self.calls, self.queries)

    def work_out(self) -> None:
        """Work out what most rules ask for, for those who share the project afterwards."""
        _ = self.loads.all, self.waits

    @cached_property
    def functions(self) -> tuple[FunctionInfo, ...]:
        """All functions and methods, by file and place."""
        return tuple(sorted(self.index.functions.values(), key=lambda f: (f.module.path, f.node.at)))

    @cached_property
    def versions(self) -> Versions:
        """Which versions of packages the service runs with, as far as its folder says."""
        return find_versions(self.root)

    @cached_property
    def deployment(self) -> Deployment:
        """How the service is started, as far as files beside the code say."""
        return Deployment(self.root)

    @cached_property
    def scripts(self) -> frozenset[str]:
        """The files that nothing imports and that make no part of an app: a person starts them, or nobody does."""
        imported = loaded(self.index)
        return frozenset(
            path
            for path, module in self.index.by_path.items()
            if path not in imported and not module.says("FastAPI(") and not module.says("APIRouter(")
        )

    @cached_property
    def serves_one_at_a_time(self) -> bool:
        """Whether each process has one request at a time: AWS Lambda runs it, and nothing else but for developing."""
        on_lambda = any(module.says("Mangum(") for module in self.index.by_path.values())
        return on_lambda and all(launch.develops or launch.reloads for launch in self.deployment.launches)

    @property
    def lines(self) -> int:
        """Lines of Python read."""
        return sum(file.facts.lines for file in self.files)

    def function_at(self, path: str, line: int) -> FunctionInfo | None:
        """The innermost function whose text covers a line."""
        best: FunctionInfo | None = None
        module = self.index.by_path.get(path)
        for function in self.index.functions.values():
            start, _, end, _ = function.node.span
            if (
                function.module is module
                and start <= line <= end
                and (best is None or function.node.at > best.node.at)
            ):
                best = function
        return best


def read(root: Path, *, exclude: Sequence[str] = (), cache: bool = True) -> Project:
    """Read the Python files under `root` into a Project. Nothing of the service is run or imported."""
    files, skipped = read_files(root, find(root, exclude), cache_folder() if cache else None)
    return Project(root, files, skipped)


def with_texts(project: Project, texts: Mapping[str, str]) -> Project:
    """The project as it would be with other texts in some of its files. Nothing is written."""
    files = {file.path: file for file in project.files}
    files |= {path: read_text(path, text) for path, text in texts.items()}
    changed = Project(project.root, tuple(files.values()), project.skipped)
    changed.unwritten = {**project.unwritten, **texts}
    return changed


def cache_folder() -> Path:
    """Where facts are kept between runs: `$XDG_CACHE_HOME/pitstop`, by default `~/.cache/pitstop`."""
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "pitstop"
