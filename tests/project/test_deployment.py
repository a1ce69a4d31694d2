"""How a service is started: commands in Dockerfiles, compose files, Procfiles, scripts and Gunicorn's settings."""

from __future__ import annotations

from pathlib import Path

import pytest

from pitstop.problems import reading
from pitstop.project import read
from pitstop.project.deployment import CORES, Deployment, Launch


def launches(root: Path, **files: str) -> list[Launch]:
    for name, text in files.items():
        path = root / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return list(Deployment(root).launches)


@pytest.mark.parametrize(
    ("command", "workers", "reloads"),
    [
        ('CMD ["uvicorn", "a:app"]', 1, False),
        ('CMD ["uvicorn", "a:app", "--workers", "4"]', 4, False),
        ("CMD uvicorn a:app --workers=3", 3, False),
        ('CMD ["sh", "-c", "gunicorn a:app -w 2 -k uvicorn.workers.UvicornWorker"]', 2, False),
        ("CMD exec gunicorn a:app --workers ${WORKERS:-5}", 5, False),
        ("CMD gunicorn a:app --workers $WORKERS", 1, False),
        # Uvicorn takes one process when it reloads.
        ("CMD uvicorn a:app --reload --workers 4", 1, True),
        ('CMD ["fastapi", "dev", "a.py"]', 1, True),
        ('CMD ["uvicorn", "a:app", \\\n  # a comment between\n  "--reload"]', 1, True),
        ("ENV WEB_CONCURRENCY=6\nCMD uvicorn a:app", 6, False),
        ('ENTRYPOINT ["uvicorn"]\nCMD ["a:app", "--workers", "2"]', 2, False),
    ],
)
def test_a_command_of_a_dockerfile_tells_its_workers(
    tmp_path: Path, command: str, workers: int, reloads: bool
) -> None:
    (found,) = launches(tmp_path, Dockerfile=f"FROM python:3.12\n{command}\n")
    assert (found.workers, found.reloads, found.develops) == (workers, reloads, False)


def test_an_image_that_starts_a_worker_for_each_core_counts_until_its_command_is_replaced(
    tmp_path: Path,
) -> None:
    image = "FROM tiangolo/uvicorn-gunicorn-fastapi:python3.11\n"
    (found,) = launches(tmp_path, Dockerfile=image)
    assert (found.workers, found.line) == (CORES, 1)
    (found,) = launches(tmp_path, Dockerfile=f"{image}CMD uvicorn a:app\n")
    assert found.workers == 1


def test_only_the_last_stage_starts(tmp_path: Path) -> None:
    text = "FROM a AS dev\nCMD uvicorn a:app --reload\nFROM a AS prod\nCMD uvicorn a:app --workers 2\n"
    (found,) = launches(tmp_path, Dockerfile=text)
    assert (found.line, found.workers, found.reloads) == (4, 2, False)


def test_services_of_a_compose_file_are_told_apart(tmp_path: Path) -> None:
    text = (
        "services:\n  one:\n    command: uvicorn a:app --reload\n    volumes:\n    - .:/srv\n"
        "  two:\n    command:\n    - uvicorn\n    - a:app\n    deploy:\n      replicas: 3\n"
        "  # nothing here\n  three:\n    image: postgres\n    command: postgres -c workers=9\n"
    )
    one, two = launches(tmp_path, **{"docker-compose.yml": text})
    assert (one.develops, one.reloads, one.line) == (True, True, 3)
    assert (two.develops, two.workers, two.text) == (False, 3, "uvicorn a:app")


def test_settings_of_gunicorn_count_what_is_written_at_the_top(tmp_path: Path) -> None:
    text = "workers = multiprocessing.cpu_count() * 2 + 1\nif True:\n    workers = 1\n"
    (found,) = launches(tmp_path, **{"gunicorn_conf.py": text})
    assert (found.workers, found.line) == (CORES, 1)


def test_a_script_counts_where_something_starts_it_and_without_its_branches(tmp_path: Path) -> None:
    script = "#!/bin/sh\nif true; then\n  uvicorn a:app --reload\nfi\nexec uvicorn a:app --workers 4\n"
    assert launches(tmp_path, **{"bin__start.sh": script}) == []
    (found,) = launches(tmp_path, Dockerfile='FROM a\nENTRYPOINT ["/srv/bin/start.sh"]\n')
    assert (found.path, found.line, found.workers) == ("bin/start.sh", 5, 4)


@pytest.mark.parametrize(
    "text", ["", "services:", "services:\n", "FROM", "CMD", 'FROM a\nCMD ["uvicorn', "\\\n\\\n", "web"]
)
def test_half_a_file_is_no_fault(tmp_path: Path, text: str) -> None:
    files = {
        "Dockerfile": text,
        "compose.yml": text,
        "Procfile": text,
        "gunicorn.conf.py": text,
        "x.sh": text,
    }
    assert all(launch.workers == 1 for launch in launches(tmp_path, **files))


def test_what_is_not_text_or_is_not_the_services_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_bytes(b"FROM a\nCMD uvicorn a:app \xff\n")
    assert len(launches(tmp_path, node_modules__x__Dockerfile="FROM a\nCMD uvicorn a:app\n")) == 1


def test_what_was_read_is_not_kept_when_a_dockerfile_changes(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text("from fastapi import FastAPI\n\napp = FastAPI()\n")
    (tmp_path / "Dockerfile").write_text("FROM a\nCMD uvicorn main:app --reload\n")
    before = reading._key(read(tmp_path, cache=False))
    (tmp_path / "Dockerfile").write_text("FROM a\nCMD uvicorn main:app\n")
    assert reading._key(read(tmp_path, cache=False)) != before
