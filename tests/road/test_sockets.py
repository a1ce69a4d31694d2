"""A service with WebSockets on the whole road: measured, recorded, and mended without a word too much."""

from __future__ import annotations

from pathlib import Path

import pytest

from pitstop.data import TraceEvidence
from pitstop.verdicts import Proved
from tests.road.command import Home
from tests.road.service import MAIN, TABLES, TESTS, write

pytestmark = pytest.mark.xdist_group("road-sockets")

LIVE = """


    @app.websocket("/live")
    async def live(websocket: WebSocket, db: Session = Depends(session)) -> None:
        await websocket.accept()
        async for wanted in websocket.iter_text():
            names = []
            for order in db.scalars(select(Order).order_by(Order.id).limit(int(wanted))).all():
                customer = db.scalars(select(Customer).where(Customer.id == order.customer_id)).first()
                names.append(customer.name)
            await websocket.send_json(names)
"""
TALKS = """

    def test_live(client):
        with client.websocket_connect("/live") as opened:
            for wanted in (4, 1, 5):
                opened.send_text(str(wanted))
                assert len(opened.receive_json()) == wanted
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """The shop with a WebSocket that looks customers up one by one."""
    main = MAIN.replace("import Depends, FastAPI", "import Depends, FastAPI, WebSocket")
    return write(
        tmp_path / "service",
        {
            "shop/__init__.py": "",
            "shop/tables.py": TABLES,
            "shop/main.py": main + LIVE,
            "tests/test_shop.py": TESTS + TALKS,
        },
    )


def test_a_connection_is_measured_and_not_recorded(home: Home, root: Path, tmp_path: Path) -> None:
    recorded = tmp_path / "requests.jsonl"
    report = home.run("measure", str(root), "--record", str(recorded), "--format", "json").report()
    (live,) = report.connections
    assert (live.route, live.connections, live.refused, live.errors) == ("WEBSOCKET /live", 1, 0, 0)
    assert (live.messages_in, live.messages_out, live.close_codes) == (3, 3, {1000: 1})
    assert live.statements >= 13
    assert all(not route.route.startswith("WEBSOCKET") for route in report.routes)
    assert all(not each.route.startswith("WEBSOCKET") for each in report.slowest)
    assert "WEBSOCKET" not in recorded.read_text()
    assert any("cannot be sent again" in each.reason for each in report.skipped)
    said = [
        evidence
        for finding in report.findings
        if finding.problem == "n-plus-one-loop" and finding.location.symbol.endswith("live")
        for evidence in finding.evidence
        if isinstance(evidence, TraceEvidence)
    ]
    assert [evidence.figures["statements"] for evidence in said] == [5]
    assert "5 times between two messages" in said[0].text


def test_what_connections_do_is_mended_and_proved_by_their_messages(home: Home, root: Path) -> None:
    main = root / "shop/main.py"
    turns = "async for wanted in websocket.iter_text():"
    main.write_text(main.read_text().replace(turns, "if wanted := await websocket.receive_text():"))
    tests = root / "tests/test_shop.py"
    tests.write_text(tests.read_text().replace("(4, 1, 5)", "(5,)"))
    report = home.run(
        "tune", str(root), "--only", "n-plus-one-loop", "--launches", "2", "--format", "json"
    ).report()
    proved = {
        route.route: {change.metric: (change.before, change.after) for change in route.changes}
        for verdict in report.verdicts
        if isinstance(verdict, Proved)
        for route in verdict.routes
        if route.changes and route.equal == route.compared
    }
    assert {"GET /orders", "WEBSOCKET /live"} <= proved.keys()
    before, after = proved["WEBSOCKET /live"]["statements"]
    assert before >= 6
    assert after == before - 4
