"""Flame graphs of a run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.road.command import Home
from tests.road.service import lay
from tests.road.small import lay_small

pytestmark = pytest.mark.xdist_group("road-flame")


def test_the_time_of_a_route_lies_in_the_boxes_of_its_phases(home: Home, tmp_path: Path) -> None:
    root = lay_small(tmp_path / "service")
    made = tmp_path / "flame.json"
    report = home.run("measure", str(root), "--flame", str(made), "--format", "json").report()
    (route,) = report.routes
    graphs = json.loads(made.read_text())
    frames = graphs["shared"]["frames"]
    (graph,) = graphs["profiles"]
    assert graph["name"] == "GET /slow"
    assert sum(graph["weights"]) == graph["endValue"]
    assert graph["endValue"] / 1e6 == pytest.approx(sum(phase.ms for phase in route.phases), rel=0.01)
    heaviest = max(zip(graph["weights"], graph["samples"], strict=True))
    assert [frames[n] for n in heaviest[1]] == [{"name": "slow", "file": "main.py", "line": 8}]
    assert heaviest[0] > 30_000_000


def test_statements_lie_below_the_lines_that_send_them(home: Home, tmp_path: Path) -> None:
    root = lay(tmp_path / "service")
    made = tmp_path / "flame.json"
    home.run("measure", str(root), "--flame", str(made), "--format", "json").report()
    graphs = json.loads(made.read_text())
    frames = graphs["shared"]["frames"]
    assert len({(frame["name"], frame.get("file")) for frame in frames}) == len(frames)
    stacks = [
        [frames[n]["name"] for n in sample]
        for graph in graphs["profiles"]
        if graph["name"] == "GET /orders"
        for sample in graph["samples"]
    ]
    below = [stack for stack in stacks if stack[-1].startswith("SELECT") and "orders" in stack[:-1]]
    assert below, stacks
    assert all(sum(graph["weights"]) == graph["endValue"] for graph in graphs["profiles"])


def test_the_slowest_requests_are_told_step_by_step(home: Home, tmp_path: Path) -> None:
    root = lay(tmp_path / "service")
    report = home.run("measure", str(root), "--format", "json").report()
    assert len({request.route for request in report.slowest}) == len(report.slowest) > 1
    assert [request.ms for request in report.slowest] == sorted((r.ms for r in report.slowest), reverse=True)
    (orders,) = [request for request in report.slowest if request.route == "GET /orders"]
    assert orders.status == 200
    assert "test_" in orders.test
    assert [step.start_ms for step in orders.steps] == sorted(step.start_ms for step in orders.steps)
    repeated = max(orders.steps, key=lambda step: step.times)
    assert repeated.kind == "database"
    assert repeated.times > 5
    assert repeated.path.endswith("main.py")
