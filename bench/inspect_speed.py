"""How fast `pitstop inspect` reads, beside ruff on the same files: lines per second, cold and from the cache.

Run it as `python bench/inspect_speed.py`; it takes about a minute and prints one table. Two trees are read: library code that is installed
here anyway, which is dense and has few routes, and a generated service of many small modules, in which every route reaches
through service and repository to models. ruff runs the rules nearest to ours (ASYNC, FAST, PERF); it looks at one file at a time,
where pitstop also follows names and calls across files.

Each figure is the best of three processes, start included. `wall` is what a person waits, `cpu` what the machine pays.
"""

from __future__ import annotations

import importlib.util
import os
import resource
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
MODULES = 400
TURNS = 3


class Cost(NamedTuple):
    """One process: seconds waited and seconds of CPU."""

    wall: float
    cpu: float


def main() -> None:
    """Print the table."""
    ruff = shutil.which("ruff", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}")
    print(
        f"{'tree':<12}{'lines':>9}  {'reader':<22}{'wall s':>8}{'cpu s':>8}{'lines/s':>10}{'beside ruff':>13}"
    )
    with tempfile.TemporaryDirectory() as folder:
        for name, make in (("libraries", _libraries), ("service", _service)):
            tree = Path(folder) / name
            make(tree)
            lines = sum(path.read_bytes().count(b"\n") for path in tree.rglob("*.py"))
            rows = {
                "pitstop, cold": _best(partial(_pitstop, tree, tree.parent / "cache", cold=True)),
                "pitstop, cached": _best(partial(_pitstop, tree, tree.parent / "cache", cold=False)),
            }
            if ruff:
                rows["ruff, no cache"] = _best(partial(_ruff, ruff, tree))
            base = rows.get("ruff, no cache")
            for reader, cost in rows.items():
                ratio = f"{cost.wall / base.wall:.1f}×" if base else "-"
                print(
                    f"{name:<12}{lines:>9,}  {reader:<22}{cost.wall:>8.2f}{cost.cpu:>8.2f}"
                    f"{lines / cost.wall:>10,.0f}{ratio:>13}"
                )


def _best(run: Callable[[], Cost]) -> Cost:
    return min(run() for _ in range(TURNS))


def _pitstop(tree: Path, cache: Path, *, cold: bool) -> Cost:
    if cold:
        shutil.rmtree(cache, ignore_errors=True)
    environment = {**os.environ, "XDG_CACHE_HOME": str(cache)}
    return _timed([sys.executable, "-m", "pitstop", "inspect", str(tree)], environment)


def _ruff(ruff: str, tree: Path) -> Cost:
    return _timed(
        [ruff, "check", "--isolated", "--no-cache", "--quiet", "--select", "ASYNC,FAST,PERF", str(tree)]
    )


def _timed(command: list[str], environment: dict[str, str] | None = None) -> Cost:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    done = subprocess.run(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False
    )
    wall = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode not in {0, 1}:
        raise SystemExit(f"{command[0]} ended with {done.returncode}: {done.stderr.decode()}")
    return Cost(wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


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


def _service(tree: Path) -> None:
    (tree / "app").mkdir(parents=True)
    (tree / "app" / "__init__.py").write_text("")
    includes = "".join(
        f"from app.module{n} import router as r{n}\napp.include_router(r{n})\n" for n in range(MODULES)
    )
    (tree / "app" / "main.py").write_text(f"from fastapi import FastAPI\napp = FastAPI()\n{includes}")
    (tree / "app" / "base.py").write_text(
        "from sqlalchemy.orm import DeclarativeBase, Session\nclass Base(DeclarativeBase): ...\ndef get_session() -> Session: ...\n"
    )
    for number in range(MODULES):
        (tree / "app" / f"module{number}.py").write_text(
            _MODULE.replace("NEXT", str((number + 1) % MODULES)).replace("N_", str(number))
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
    thing_id: Mapped[int] = mapped_column(ForeignKey("thingsN_.id"))
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

    def parts(self, number: int) -> list[PartN_]:
        return list(self.session.scalars(select(PartN_).where(PartN_.thing_id == number)))


class ServiceN_:
    def __init__(self, repository: RepositoryN_ = Depends()) -> None:
        self.repository = repository

    def overview(self, limit: int) -> list[dict[str, object]]:
        found = []
        for thing in self.repository.all(limit):
            found.append({"name": thing.name, "parts": len(self.repository.parts(thing.id))})
        return found

    def detail(self, number: int) -> ThingN_:
        thing = self.repository.one(number)
        if thing is None:
            raise HTTPException(404)
        return thing


@router.get("/")
def list_things(limit: int = 50, service: ServiceN_ = Depends()):
    return service.overview(limit)


@router.get("/{number}", response_model=ThingOutN_)
def read_thing(number: int, service: ServiceN_ = Depends()) -> ThingN_:
    return service.detail(number)


@router.get("/{number}/next")
async def next_thing(number: int) -> str:
    from app.moduleNEXT import ServiceNEXT

    return ServiceNEXT().detail(number).name
'''


if __name__ == "__main__":
    main()
