"""Mending with the real prover: what is dropped in the middle, and what is left of the others."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pitstop.data import FileChange, Finding, Location, Patch
from pitstop.mending import Mending
from pitstop.patching.edits import make_patch
from pitstop.problems import Problem
from pitstop.project import Project, read
from pitstop.proof.prover import Prover
from pitstop.target.model import App, Interpreter, Suite, Target
from pitstop.target.workspace import Workspace
from pitstop.verdicts import Changed, Metric, NotFaster, Proved
from pitstop.workload.model import Tests
from tests.road.mending_fakes import Record
from tests.road.service import lay

pytestmark = pytest.mark.xdist_group("road-requests")

MAIN = "shop/main.py"
AIMS: tuple[Metric, ...] = ("statements",)
REPAIRS = {
    "useless": ("for order, customer in rows]", "for order, customer in list(rows)]"),
    "harmful": ('colour="red") for number in range(400)]\n\n\n@app', 'colour="blue") for number in range(400)]\n\n\n@app'),
    "helpful": (
        """    for order in db.scalars(select(Order).order_by(Order.id)).all():
        customer = db.scalars(select(Customer).where(Customer.id == order.customer_id)).first()
""",
        """    customers = {customer.id: customer for customer in db.scalars(select(Customer))}
    for order in db.scalars(select(Order).order_by(Order.id)).all():
        customer = customers.get(order.customer_id)
""",
    ),
}  # fmt: skip
ROUTES = {"useless": "GET /orders-at-once", "harmful": "GET /tags", "helpful": "GET /orders"}


def find(project: Project) -> Iterator[Finding]:
    """The places that a repair of the table fits."""
    text = next(file.text for file in project.files if file.path == MAIN)
    for name, (old, _) in REPAIRS.items():
        if old in text:
            yield Finding(
                id=name, problem="slowness", domain="database", severity="high", confidence="certain",
                message=name, location=Location(path=MAIN, line=text[: text.index(old)].count("\n") + 1),
                routes=(ROUTES[name],),
            )  # fmt: skip


def mend(finding: Finding, project: Project) -> Patch:
    """The repair of the table."""
    text = next(file.text for file in project.files if file.path == MAIN)
    change = FileChange(path=MAIN, before=text, after=text.replace(*REPAIRS[finding.id]))
    return make_patch(finding, finding.id, [change], AIMS)


PROBLEM = Problem(
    name="slowness", domain="database", title="slow", severity="high", fix_class="proved",
    rule=find, fix=mend, folder=Path(__file__).parent,
)  # fmt: skip


def test_the_helpful_one_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    root = lay(tmp_path / "service")
    original = (root / MAIN).read_text("utf-8")
    target = Target(
        root=root,
        interpreter=Interpreter(path=Path(sys.executable), version=sys.version_info[:3]),
        app=App(spec="shop.main:app", file=MAIN),
        tests=Suite(arguments=("tests",)),
    )
    record = Record()
    with (
        Workspace(root) as workspace,
        Prover(target, Tests(), workspace, launches=2, timeout_s=120, allowed=("sqlite",)) as prover,
    ):
        Mending(prover, [PROBLEM], record).mend(find(read(root)))
        left = (workspace.path / MAIN).read_text("utf-8")
    ends = {verdict.finding: type(verdict) for verdict in record.verdicts}
    assert ends == {"useless": NotFaster, "harmful": Changed, "helpful": Proved}, record.verdicts
    assert not record.declined
    assert left == original.replace(*REPAIRS["helpful"])
    (kept,) = [patch for patch in record.patches if patch.finding == "helpful"]
    assert (kept.changes[0].before, kept.changes[0].after) == (original, left)
    assert (root / MAIN).read_text("utf-8") == original
