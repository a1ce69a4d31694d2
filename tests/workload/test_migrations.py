"""Where Alembic's settings are looked for."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

import pytest

from pitstop.target.model import App, Interpreter, Target
from pitstop.workload.migrations import config_of


def target(root: Path, *, file: str = "src/app/main.py", packages: tuple[str, ...] = ("alembic",)) -> Target:
    interpreter = Interpreter(
        path=Path("/bin/python"), version=(3, 12, 0), packages=dict.fromkeys(packages, "1")
    )
    return Target(root=root, interpreter=interpreter, app=App(spec="app.main:app", file=file))


@pytest.mark.parametrize(
    ("there", "expected"),
    [
        (("alembic.ini", "src/alembic.ini"), "alembic.ini"),
        (("src/alembic.ini", "other/alembic.ini"), "src/alembic.ini"),
        (("src/app/alembic.ini", "src/alembic.ini"), "src/app/alembic.ini"),
        (("other/alembic.ini",), None),
        ((), None),
    ],
)
def test_the_settings_of_the_app(tmp_path: Path, there: tuple[str, ...], expected: str | None) -> None:
    for path in there:
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text("[alembic]\n")
    found = config_of(target(tmp_path))
    assert found == (PurePosixPath(expected) if expected else None)
    assert config_of(target(tmp_path, packages=())) is None
