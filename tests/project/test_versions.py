"""The versions a service runs with, from an environment or from a lock file."""

from __future__ import annotations

from pathlib import Path

import pytest

from pitstop.project.versions import Versions, find, numbers


def environment(folder: Path, **packages: str) -> None:
    site = folder / "lib" / "python3.11" / "site-packages"
    site.mkdir(parents=True)
    (folder / "pyvenv.cfg").write_text("home = /usr/bin\n")
    for name, version in packages.items():
        (site / f"{name}-{version}.dist-info").mkdir()


def test_an_environment_says_what_is_installed(tmp_path: Path) -> None:
    environment(tmp_path / ".venv", fastapi="0.142.1", SQLAlchemy="2.0.44", typing_extensions="4.15.0")
    (tmp_path / "poetry.lock").write_text('[[package]]\nname = "fastapi"\nversion = "0.90.0"\n')
    found = find(tmp_path)
    assert found.of("fastapi") == (0, 142, 1)
    assert found.of("sqlalchemy") == (2, 0, 44)
    assert found.of("typing-extensions") == (4, 15, 0)
    assert found.where == ".venv"


def test_an_environment_without_the_service_is_somebody_elses(tmp_path: Path) -> None:
    environment(tmp_path / "venv", ruff="0.14.0")
    (tmp_path / "requirements.txt").write_text("fastapi==0.99.1\n")
    assert find(tmp_path).of("fastapi") == (0, 99, 1)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (
            "uv.lock",
            'version = 1\n[[package]]\nname = "fastapi"\nversion = "0.115.2"\n[[package]]\nname = "own"\n',
        ),
        ("poetry.lock", '[[package]]\nname = "FastAPI"\nversion = "0.115.2"\n'),
        ("Pipfile.lock", '{"default": {"fastapi": {"version": "==0.115.2"}, "own": {"path": "."}}}'),
        ("requirements.txt", "# pinned\nfastapi[all]==0.115.2 ; python_version > '3.9'\nhttpx>=0.2\n"),
        ("requirements.lock", "fastapi==0.115.2 \\\n    --hash=sha256:0\n"),
        ("requirements-prod.txt", "fastapi == 0.115.2\n"),
    ],
)
def test_a_lock_file_says_what_is_pinned(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    found = find(tmp_path)
    assert found.of("fastapi") == (0, 115, 2)
    assert found.of("httpx") is None
    assert found.where


def test_a_service_in_a_folder_of_its_repository_uses_the_lock_above(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "uv.lock").write_text('[[package]]\nname = "pydantic"\nversion = "1.10.19"\n')
    (tmp_path / "backend").mkdir()
    assert find(tmp_path / "backend").of("pydantic") == (1, 10, 19)


def test_nothing_above_the_repository_counts(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("fastapi==0.1.0\n")
    (tmp_path / "service" / ".git").mkdir(parents=True)
    assert find(tmp_path / "service") == Versions()


@pytest.mark.parametrize("text", ["[[package", "version = 1\n", '[[package]]\nname = 3\nversion = "1"\n'])
def test_a_broken_lock_file_says_nothing(tmp_path: Path, text: str) -> None:
    (tmp_path / "uv.lock").write_text(text)
    assert find(tmp_path).known == {}


def test_what_is_not_known_is_not_older() -> None:
    versions = Versions(known={"pydantic": (1, 10, 19)})
    assert versions.before("pydantic", 2)
    assert not versions.before("pydantic", 1, 10)
    assert not versions.before("fastapi", 0, 130)


def test_numbers_of_versions() -> None:
    assert numbers("0.115.2rc1") == (0, 115, 2)
    assert numbers("1!2.0") == (2, 0)
    assert numbers("2024.1.post1") == (2024, 1)
    assert numbers("nonsense") == ()


def test_parts_of_a_repository_tell_what_its_root_does_not_and_the_oldest_counts(tmp_path: Path) -> None:
    for part, version in (("api", "0.88.0"), ("worker", "0.110.1")):
        (tmp_path / part / "server").mkdir(parents=True)
        (tmp_path / part / "server" / "requirements.txt").write_text(f"fastapi=={version}\n")
    (tmp_path / "node_modules" / "odd").mkdir(parents=True)
    (tmp_path / "node_modules" / "odd" / "requirements.txt").write_text("fastapi==0.1.0\n")
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "requirements.txt").write_text("pydantic==1.0.0\n")
    versions = find(tmp_path)
    assert versions.of("fastapi") == (0, 88, 0)
    assert versions.of("pydantic") is None
    assert "api/server" in versions.where
