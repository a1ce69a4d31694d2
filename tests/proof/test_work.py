"""An index is proved by the work it spares the database, in real runs of a real service, without a clock."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from pitstop.data import FileChange, Finding, Location, Patch
from pitstop.patching.edits import make_patch
from pitstop.proof.checked import Checked
from pitstop.proof.prover import Prover
from pitstop.target.model import App, Interpreter, Suite, Target
from pitstop.target.workspace import Workspace
from pitstop.workload.model import Tests

MAIN = """\
from fastapi import FastAPI
from sqlalchemy import create_engine, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

app = FastAPI()
engine = create_engine("sqlite:///lines.db")


class Base(DeclarativeBase):
    pass


class Line(Base):
    __tablename__ = "lines"
    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column()


@app.get("/orders/{order_id}/lines")
def lines(order_id: int) -> list[int]:
    with Session(engine) as session:
        return list(session.scalars(select(Line.id).where(Line.order_id == order_id).order_by(Line.id)))
"""
SUITE = """\
from fastapi.testclient import TestClient

from main import Base, Line, app, engine


def test_lines():
    Base.metadata.drop_all(engine)
    Base.metadata.create_all(engine)
    with engine.begin() as filling:
        filling.execute(Line.__table__.insert(), [{"order_id": n % 5000 if ROWS > 5000 else n} for n in range(ROWS)])
    answer = TestClient(app).get("/orders/7/lines")
    assert answer.json()[0] == 8
"""


def index(before: str) -> Patch:
    finding = Finding(
        id="f00d", problem="missing-index", domain="database", severity="high", confidence="likely", message="slow",
        location=Location(path="main.py", line=1),
    )  # fmt: skip
    after = before.replace("mapped_column()", "mapped_column(index=True)")
    change = FileChange(path="main.py", before=before, after=after)
    return make_patch(
        finding, "index", [change], ("work", "duration"), routes=("GET /orders/{order_id}/lines",)
    )


@pytest.mark.parametrize(("rows", "is_proved"), [(20_000, True), (50, False)])
def test_an_index_spares_work(tmp_path: Path, rows: int, is_proved: bool) -> None:
    (tmp_path / "main.py").write_text(MAIN)
    (tmp_path / "test_lines.py").write_text(SUITE.replace("ROWS", str(rows)))
    target = Target(
        root=tmp_path,
        interpreter=Interpreter(path=Path(sys.executable), version=sys.version_info[:3]),
        app=App(spec="main:app", file="main.py"),
        tests=Suite(arguments=("test_lines.py",)),
    )
    with (
        Workspace(tmp_path) as workspace,
        Prover(target, Tests(), workspace, timeout_s=120, allowed=("sqlite",)) as prover,
    ):
        (plan,) = prover.baseline().plans
        assert [(read.how, read.table, read.index) for read in plan.reads] == [("scan", "lines", "")]
        checked = prover.check(index(MAIN))
    assert isinstance(checked, Checked), checked
    found = [counted for counted in checked.evidence.counters if counted.metric == "work"]
    assert [counted.fell for counted in found] == [is_proved]
    assert found[0].steady
