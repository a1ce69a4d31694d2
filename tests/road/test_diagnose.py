"""`pitstop diagnose`: from a complaint to an answer with figures."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.road.command import Home
from tests.road.small import FOUND, lay_small

pytestmark = pytest.mark.xdist_group("road-diagnose")
MORE = """

@app.get("/quick")
async def quick() -> int:
    return 1


@app.get("/broken")
async def broken() -> int:
    raise RuntimeError("as ever")
"""
TESTS = """

def test_quick():
    assert client.get("/quick").json() == 1


def test_broken():
    assert TestClient(app, raise_server_exceptions=False).get("/broken").status_code == 500
"""


def service(root: Path) -> Path:
    lay_small(root)
    # Long enough to be seen on a machine with other things to do.
    slow = (root / "main.py").read_text().replace("sleep(0.03)", "sleep(0.5)")
    (root / "main.py").write_text(slow)
    for name, text in (("main.py", MORE), ("test_main.py", TESTS)):
        with (root / name).open("a") as file:
            file.write(text)
    return root


def test_what_is_slow_is_seen_measured_and_explained(home: Home, tmp_path: Path) -> None:
    root = service(tmp_path / "service")
    ended = home.run("diagnose", "GET /slow is slow and hangs", "--path", str(root), "--format", "json")
    report = ended.report()
    assert ended.code == 1
    told = report.diagnosis
    assert told is not None
    assert (told.routes, told.symptoms) == (("GET /slow",), ("blocking", "slow"))
    blocking, slow = told.answers
    (finding,) = report.findings
    assert (finding.problem, blocking.seen, slow.seen) == (FOUND, "yes", "yes")
    assert blocking.findings == slow.findings == (finding.id,)
    assert "the event loop stands still for " in blocking.because
    assert "GET /slow, 1 request: " in slow.because
    assert [each.route for each in report.routes] == ["GET /slow"]
    assert 1 <= len(told.questions) <= 3


def test_errors_are_counted_and_what_did_not_show_is_left_open(home: Home, tmp_path: Path) -> None:
    root = service(tmp_path / "service")
    broken = home.run("diagnose", "/broken answers 500", "--path", str(root), "--format", "json").report()
    assert broken.diagnosis is not None
    assert [(each.symptom, each.seen) for each in broken.diagnosis.answers] == [("errors", "yes")]
    assert "1 of 1 requests of GET /broken ended in an error" in broken.diagnosis.answers[0].because
    quick = home.run("diagnose", "GET /quick fails", "--path", str(root), "--format", "json").report()
    assert quick.diagnosis is not None
    (answer,) = quick.diagnosis.answers
    assert (answer.seen, quick.findings) == ("unknown", ())
    assert any("pitstop record" in question for question in quick.diagnosis.questions)


def test_what_was_only_read_explains_and_was_not_seen(home: Home, tmp_path: Path) -> None:
    root = service(tmp_path / "service")
    with (root / "main.py").open("a") as file:
        file.write('\n\n@app.get("/unasked")\nasync def unasked() -> int:\n    time.sleep(1)\n    return 1\n')
    told = (
        home.run("diagnose", "GET /unasked is slow", "--path", str(root), "--format", "json")
        .report()
        .diagnosis
    )
    assert told is not None
    (answer,) = told.answers
    assert (answer.seen, answer.because) == ("unknown", "no request asked GET /unasked")
    assert len(answer.findings) == 1
    assert told.questions[0].startswith("How is GET /unasked asked?")


def test_a_route_that_nobody_names_is_asked_about(home: Home, tmp_path: Path) -> None:
    root = service(tmp_path / "service")
    ended = home.run("diagnose", "our service is bad", "--path", str(root))
    assert "Which route is it about? All were looked at. For example GET /" in " ".join(ended.out.split())


@pytest.mark.parametrize("complaint", ["", " ", "."])
def test_a_complaint_has_words(home: Home, tmp_path: Path, complaint: str) -> None:
    ended = home.run("diagnose", complaint, cwd=lay_small(tmp_path / "service"))
    assert ended.code == 2
    assert "takes a complaint in words" in ended.err
