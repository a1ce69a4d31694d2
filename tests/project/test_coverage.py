"""What routes may do, through which calls, and what could not be followed."""

from __future__ import annotations

from pathlib import Path

from pitstop import project
from pitstop.data import Coverage, RouteEffects
from pitstop.project.coverage import coverage
from tests.road.service import write

MAIN = """\
    from fastapi import BackgroundTasks, Depends, FastAPI
    from sqlalchemy.ext.asyncio import AsyncSession

    from .mail import send
    from .store import Store, session

    app = FastAPI()


    async def store(db: AsyncSession = Depends(session)) -> Store:
        return Store(db)


    @app.post("/orders")
    async def create(later: BackgroundTasks, orders: Store = Depends(store)) -> None:
        await orders.save("x")
        later.add_task(send, "x")


    @app.get("/prices")
    async def prices() -> str:
        return fetch()


    @app.get("/threaded")
    def threaded() -> str:
        return fetch()


    def fetch() -> str:
        import requests

        return requests.get("http://prices.test", timeout=3).text


    @app.get("/riddle")
    async def riddle(things) -> None:
        things.first()
        things.first()
        len([])
"""
FILES = {
    "app/__init__.py": "",
    "app/main.py": MAIN,
    "app/mail.py": """\
        import time


        def send(to: str) -> None:
            time.sleep(1)
    """,
    "app/store.py": """\
        from sqlalchemy import select, update
        from sqlalchemy.ext.asyncio import AsyncSession
        from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


        class Base(DeclarativeBase): ...


        class Order(Base):
            __tablename__ = "orders"
            id: Mapped[int] = mapped_column(primary_key=True)
            name: Mapped[str]


        def session() -> AsyncSession: ...


        class Store:
            def __init__(self, db: AsyncSession) -> None:
                self.db = db

            async def save(self, name: str) -> None:
                found = await self.db.scalar(select(Order).where(Order.name == name))
                if found is None:
                    self.db.add(Order(name=name))
                await self.db.execute(update(Order).values(name=name))
                await self.db.commit()
    """,
}


def covered(tmp_path: Path) -> tuple[Coverage, dict[str, RouteEffects]]:
    found = coverage(project.read(write(tmp_path, FILES), cache=False))
    return found, {route.route: route for route in found.routes}


def kinds(route: RouteEffects) -> list[tuple[str, bool]]:
    return sorted((effect.kind, effect.blocks) for effect in route.effects)


def test_effects_are_found_through_dependencies_and_methods(tmp_path: Path) -> None:
    _, routes = covered(tmp_path)
    assert kinds(routes["POST /orders"]) == [
        ("background", False), ("query", False), ("write", False), ("write", False),
    ]  # fmt: skip
    query = next(effect for effect in routes["POST /orders"].effects if effect.kind == "query")
    assert query.name == "Order"
    assert [step.symbol for step in query.path] == ["app.main.create"]
    assert query.location.symbol == "app.store.Store.save"


def test_what_holds_the_loop_is_told_from_what_holds_a_thread(tmp_path: Path) -> None:
    _, routes = covered(tmp_path)
    assert kinds(routes["GET /prices"]) == [("network", True)]
    assert kinds(routes["GET /threaded"]) == [("network", False)]


def test_what_runs_later_is_not_the_routes(tmp_path: Path) -> None:
    _, routes = covered(tmp_path)
    assert "sleep" not in {effect.kind for effect in routes["POST /orders"].effects}


def test_what_cannot_be_followed_is_counted(tmp_path: Path) -> None:
    found, routes = covered(tmp_path)
    riddle = routes["GET /riddle"]
    assert (riddle.calls, riddle.followed) == (3, 1)
    (missed,) = found.unresolved
    assert (missed.code, missed.count) == ("things.first", 2)
    assert found.calls - found.followed == 2


def test_shared_functions_count_once_in_the_whole(tmp_path: Path) -> None:
    found, routes = covered(tmp_path)
    assert found.calls < sum(route.calls for route in routes.values())
