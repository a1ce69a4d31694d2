"""What verbs have in common adds to a run."""

from __future__ import annotations

from pathlib import Path

import pytest

from pitstop import stages
from pitstop.known import Known
from pitstop.project import read
from pitstop.settings import Login, Settings
from pitstop.traces.records import Exchange, Run

REFUSED = Run(exchanges=(Exchange(key="replay#1", method="GET", path="/a", route="/a", status=401),))


@pytest.mark.parametrize(
    ("settings", "made_up", "said"),
    [
        (Settings(), REFUSED, ["routes behind a login"]),
        (Settings(login=Login(path="/login")), REFUSED, []),
        (Settings(), None, []),
    ],
)
def test_a_login_is_asked_for_where_requests_were_made_up_and_none_is_set(
    tmp_path: Path, settings: Settings, made_up: Run | None, said: list[str]
) -> None:
    known = Known(tmp_path, project=read(tmp_path))
    stages.diagnose(known, REFUSED, (), settings, made_up=made_up)
    assert [each.subject for each in known.skipped] == said
