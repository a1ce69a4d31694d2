"""`tune --with-llm` from the command line to the proof: LiteLLM, and a server on loopback that speaks its protocol."""

from __future__ import annotations

from pathlib import Path

import pytest

from pitstop.verdicts import Changed, Proved
from tests.proposing.speaking import KEY, MODEL, speaking
from tests.road.asking import RIGHT, WRONG, lay_asking
from tests.road.command import Home

pytestmark = pytest.mark.xdist_group("road-with-llm")

OPTIONS = ("--format", "json", "--launches", "2", "--only", "n-plus-one-loop")


def test_a_right_proposal_is_proved_and_a_second_run_asks_nothing(home: Home, tmp_path: Path) -> None:
    root = lay_asking(tmp_path / "service")
    with speaking(lambda _: RIGHT) as server:
        home.environment |= server.environment
        ended = home.run("tune", str(root), "--with-llm", MODEL, *OPTIONS)
        report = ended.report()
        (verdict,), (patch,) = report.verdicts, report.patches
        assert isinstance(verdict, Proved), verdict
        assert patch.origin == MODEL
        assert (
            patch.title == verdict.title == f"Load the customers of all orders at once (proposed by {MODEL})"
        )
        assert f"is sent to {MODEL} (openai at http://127.0.0.1:{server.port}/v1)" in ended.err
        assert report.consulted is not None
        assert (report.consulted.findings, report.consulted.hosts) == (1, ("127.0.0.1",))
        assert len(server.asked) == 1
        for secret in ("hunter2-of-the-shop", "from-the-env-file-1", KEY, str(root)):
            assert secret not in server.sent
        assert KEY not in ended.out + ended.err

        again = home.run("tune", str(root), "--with-llm", MODEL, "--with-tests", *OPTIONS).report()
        assert isinstance(again.verdicts[0], Proved), again.verdicts
        assert again.patches[0].id == patch.id
        test = again.patches[0].test
        assert test is not None, again.patches[0].no_test
        assert test.before > test.after, "what a model proposes gets a regression test as any other"
        assert again.consulted is not None
        assert (again.consulted.findings, again.consulted.kept_answers) == (0, 1)
        assert len(server.asked) == 1


def test_a_wrong_one_is_dropped(home: Home, tmp_path: Path) -> None:
    root = lay_asking(tmp_path / "service")
    with speaking(lambda _: WRONG) as server:
        home.environment |= server.environment
        report = home.run("tune", str(root), "--with-llm", MODEL, *OPTIONS).report()
        (verdict,) = report.verdicts
        assert isinstance(verdict, Changed), verdict
        assert "CUSTOMER 1" in str(verdict.differences)
        assert not list(home.state.rglob("*.patch"))
        assert len(server.asked) == 1


def test_without_the_option_nobody_is_asked(home: Home, tmp_path: Path) -> None:
    root = lay_asking(tmp_path / "service")
    with speaking(lambda _: RIGHT) as server:
        home.environment |= server.environment
        report = home.run("tune", str(root), *OPTIONS).report()
        assert not server.asked
    assert report.consulted is None
    assert [declined.problem for declined in report.declined] == ["n-plus-one-loop"]


def test_no_file_can_say_that_a_model_is_asked(home: Home, tmp_path: Path) -> None:
    root = lay_asking(tmp_path / "service")
    (root / "pitstop.toml").write_text(f'with-llm = "{MODEL}"\n')
    ended = home.run("tune", str(root))
    assert ended.code == 2
    assert "`with-llm` cannot be set in a file" in ended.err
