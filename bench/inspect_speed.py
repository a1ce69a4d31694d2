"""How fast `pitstop inspect` reads, beside ruff and a type checker on the same files: cold, cached, and with one file changed.

    python bench/inspect_speed.py [--modules 1700] [--turns 3] [--environment FOLDER]

Two trees are read: library code that is installed here anyway, which is dense and has few routes, and a generated service of many
small modules (150 000 lines by default), in which every route reaches through service and repository to models. It is as dense as real
services are: five open ones of 100 000 to 290 000 lines have a route for each 350 to 980 lines, and pitstop has something to say for
each 600 to 2 000; here it is 270 and 410. ruff runs the
rules nearest to ours (ASYNC, FAST, PERF) and looks at one file at a time; ty, which is installed in an environment of its own,
infers types across files, as pitstop does, and knows nothing of queries.

Each figure is the best of the turns, start included. `wall` is what a person waits, `cpu` what the machine pays, `memory` the
largest of the processes.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple

from pitstop.project.source import find

PACKAGES = ("sqlalchemy", "sqlmodel", "fastapi", "starlette", "pydantic", "alembic", "httpx", "libcst")
COLD_S, CACHED_S, MEMORY_MB = 5.0, 1.0, 600.0
"""What a service of 150 000 lines may take."""


class Cost(NamedTuple):
    """One process: seconds waited, seconds of CPU, MB of memory at most."""

    wall: float
    cpu: float
    memory: float


def main() -> int:
    """Print the table; 1 where the service took longer, or more memory, than it may."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--modules", type=int, default=2200)
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument(
        "--environment", type=Path, default=Path(tempfile.gettempdir()) / "pitstop-bench-peers"
    )
    arguments = parser.parse_args()
    ruff = shutil.which("ruff", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}")
    ty = _peer(arguments.environment)
    print(
        f"{'tree':<11}{'lines':>8}  {'reader':<20}{'wall s':>8}{'cpu s':>8}{'MB':>6}{'lines/s':>10}{'beside ruff':>13}"
    )
    kept = True
    with tempfile.TemporaryDirectory() as folder:
        for name, make in (
            ("libraries", _libraries),
            ("service", partial(_service, modules=arguments.modules)),
        ):
            tree = Path(folder) / name
            make(tree)
            lines = sum(path.read_bytes().count(b"\n") for path in tree.rglob("*.py"))
            run = partial(_pitstop, tree, tree.parent / "cache")
            rows: dict[str, Callable[[], Cost]] = {
                "pitstop, cold": partial(run, state="cold"),
                "pitstop, cached": partial(run, state="cached"),
                "pitstop, 1 changed": partial(run, state="changed"),
            }
            if ruff:
                rows["ruff, no cache"] = partial(_ruff, ruff, tree)
            rows["ty"] = partial(_ty, ty, tree)
            costs = {reader: _best(row, arguments.turns) for reader, row in rows.items()}
            base = costs.get("ruff, no cache")
            for reader, cost in costs.items():
                ratio = f"{cost.wall / base.wall:.1f}×" if base else "-"
                print(
                    f"{name:<11}{lines:>8,}  {reader:<20}{cost.wall:>8.2f}{cost.cpu:>8.2f}{cost.memory:>6.0f}"
                    f"{lines / cost.wall:>10,.0f}{ratio:>13}"
                )
            if name == "service":
                kept = (
                    costs["pitstop, cold"].wall <= COLD_S
                    and costs["pitstop, cached"].wall <= CACHED_S
                    and costs["pitstop, cold"].memory <= MEMORY_MB
                )
    return int(not kept)


def _peer(folder: Path) -> str:
    """The type checker, in an environment of its own."""
    program = folder / "bin" / "ty"
    if not program.exists():
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        subprocess.run([str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", "ty"], check=True)
    return str(program)


def _best(run: Callable[[], Cost], turns: int) -> Cost:
    return min(run() for _ in range(turns))


def _pitstop(tree: Path, cache: Path, *, state: str) -> Cost:
    if state == "cold":
        shutil.rmtree(cache, ignore_errors=True)
    if state == "changed":
        changed = next(path for path in sorted(tree.rglob("*.py")) if path.stat().st_size > 1000)
        changed.write_text(changed.read_text("utf-8") + f"\n_AT = {time.time()}\n", "utf-8")
    # An installed pitstop has its bytecode beside it.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment["XDG_CACHE_HOME"] = str(cache)
    return _timed([sys.executable, "-m", "pitstop", "inspect", "--quiet", str(tree)], environment)


def _ruff(ruff: str, tree: Path) -> Cost:
    return _timed(
        [ruff, "check", "--isolated", "--no-cache", "--quiet", "--select", "ASYNC,FAST,PERF", str(tree)]
    )


def _ty(ty: str, tree: Path) -> Cost:
    return _timed([ty, "check", "--quiet", "--python", sys.executable, "--exit-zero", str(tree)])


def _timed(command: list[str], environment: dict[str, str] | None = None) -> Cost:
    start = time.perf_counter()
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    ) as process:
        assert process.stderr is not None
        said = process.stderr.read()
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    wall = time.perf_counter() - start
    if process.returncode not in {0, 1}:
        raise SystemExit(f"{command[0]} ended with {process.returncode}: {said.decode()}")
    return Cost(wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


def _libraries(tree: Path) -> None:
    for package in PACKAGES:
        spec = importlib.util.find_spec(package)
        if spec is None or not spec.submodule_search_locations:
            continue
        home = Path(spec.submodule_search_locations[0])
        # Only what pitstop would read, so that both readers see the same files.
        for name in find(home):
            target = tree / package / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(home / name, target)


def _service(tree: Path, *, modules: int) -> None:
    (tree / "app").mkdir(parents=True)
    (tree / "app" / "__init__.py").write_text("")
    includes = "".join(
        f"from app.module{n} import router as r{n}\napp.include_router(r{n})\n"
        for n in range(0, modules, _ROUTED)
    )
    (tree / "app" / "main.py").write_text(f"from fastapi import FastAPI\napp = FastAPI()\n{includes}")
    (tree / "app" / "base.py").write_text(
        "from sqlalchemy.orm import DeclarativeBase, Session\nclass Base(DeclarativeBase): ...\ndef get_session() -> Session: ...\n"
    )
    for number in range(modules):
        (tree / "app" / f"module{number}.py").write_text(
            _module(number).replace("NEXT", str((number + 1) % modules)).replace("N_", str(number))
        )


_MODULE = '''
"""Everything about things of kind N_."""
from fastapi import APIRouter, Depends, HTTPException
from pydantic import BaseModel
from sqlalchemy import ForeignKey, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship, selectinload

from app.base import Base, get_session

router = APIRouter(prefix="/thingsN_")


class ThingN_(Base):
    __tablename__ = "thingsN_"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(index=True)
    partsN_: Mapped[list["PartN_"]] = relationship(back_populates="thing")


class PartN_(Base):
    __tablename__ = "partsN_"
    id: Mapped[int] = mapped_column(primary_key=True)
    thing_id: Mapped[int] = mapped_column(ForeignKey("thingsN_.id"), index=True)
    thing: Mapped[ThingN_] = relationship(back_populates="partsN_")


class PartOutN_(BaseModel):
    id: int


class ThingOutN_(BaseModel):
    id: int
    name: str
    partsN_: list[PartOutN_] = []


class RepositoryN_:
    def __init__(self, session: Session = Depends(get_session)) -> None:
        self.session = session

    def all(self, limit: int) -> list[ThingN_]:
        return list(self.session.scalars(select(ThingN_).limit(limit)))

    def one(self, number: int) -> ThingN_ | None:
        return self.session.get(ThingN_, number)

    def parts(self, numbers: list[int]) -> list[PartN_]:
        return list(self.session.scalars(select(PartN_).where(PartN_.thing_id.in_(numbers))))


class ServiceN_:
    def __init__(self, repository: RepositoryN_ = Depends()) -> None:
        self.repository = repository

    def overview(self, limit: int) -> list[dict[str, object]]:
        things = self.repository.all(limit)
        parts = self.repository.parts([thing.id for thing in things])
        found = []
        for thing in things:
            found.append({"name": thing.name, "parts": sum(part.thing_id == thing.id for part in parts)})
        return found

    def detail(self, number: int) -> ThingN_:
        thing = self.repository.one(number)
        if thing is None:
            raise HTTPException(404)
        return thing
'''

_ROUTES = """

@router.get("/")
def list_things(limit: int = 50, service: ServiceN_ = Depends()):
    return service.overview(limit)


@router.get("/{number}", response_model=ThingOutN_)
def read_thing(number: int, service: ServiceN_ = Depends()) -> ThingN_:
    return service.detail(number)


@router.get("/{number}/next")
def next_thing(number: int) -> str:
    from app.moduleNEXT import ServiceNEXT

    return ServiceNEXT().detail(number).name
"""

_ROUTED = 12
"""One module in so many has routes; the others hold what those call."""
_EVERY = 2
"""Of those, one in so many has something to be found."""


def _module(number: int) -> str:
    if number % _ROUTED:
        return _MODULE
    if number % (_ROUTED * _EVERY):
        return _MODULE + _ROUTES
    return (
        (_MODULE + _ROUTES)
        .replace(", index=True", "")
        .replace("def next_thing", "async def next_thing")
        .replace("parts = self.repository.parts([thing.id for thing in things])", "parts = []")
        .replace(
            "for thing in things:",
            "for thing in things:\n            parts = self.repository.parts([thing.id])",
        )
    )


if __name__ == "__main__":
    main()
