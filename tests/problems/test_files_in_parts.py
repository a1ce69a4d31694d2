"""`file-read-whole`: files gone through line by line or copied in pieces, and those that stay."""

from __future__ import annotations

from pathlib import Path

import pytest

from .served import client
from .trees import is_formatted, patched, reason, write

WHOLE = "file-read-whole"
HEAD = """\
import csv
from urllib.request import urlopen

from fastapi import FastAPI

app = FastAPI()


@app.get("/logs/{day}")
"""
LOG = "first,1\n\nsecond,ERROR\n  third\nlast,ERROR"


def service(body: str) -> str:
    return f"{HEAD}def log(day: str):\n{body}"


@pytest.mark.parametrize(
    ("body", "after"),
    [
        ("return [line for line in file.readlines() if 'ERROR' in line]", "return [line for line in file if 'ERROR' in line]"),
        ("return sum(len(line) for line in file.readlines())", "return sum(len(line) for line in file)"),
        ("return any('E' in line for n, line in enumerate(file.readlines()) if n)", "return any('E' in line for n, line in enumerate(file) if n)"),
        ("return len(file.readlines())", "return sum(1 for _ in file)"),
        ("found = {}\n        for row in csv.reader(file.readlines()):\n            found[len(found)] = len(row)\n        return found",
         "found = {}\n        for row in csv.reader(file):\n            found[len(found)] = len(row)\n        return found"),
    ],
)  # fmt: skip
def test_lines(body: str, after: str, tmp_path: Path) -> None:
    given = service(f'    with open(f"{tmp_path}/{{day}}.log") as file:\n        {body}\n')
    root = write(tmp_path, {"main.py": given, "today.log": LOG})
    before = client(root)[0].get("/logs/today").text
    assert before not in {"0", "[]", "{}"}
    patched(root, WHOLE)
    text = (root / "main.py").read_text()
    assert f"        {after}\n" in text
    assert client(root)[0].get("/logs/today").text == before


def test_a_copy(tmp_path: Path) -> None:
    given = service(
        f'    with open(f"{tmp_path}/{{day}}.log", "rb") as file, open("{tmp_path}/copied.log", "wb") as copied:\n'
        "        # all of it\n        copied.write(file.read())\n"
    )
    root = write(tmp_path, {"main.py": given, "today.log": LOG})
    patched(root, WHOLE)
    text = (root / "main.py").read_text()
    assert "        # all of it\n        shutil.copyfileobj(file, copied)\n" in text
    assert text.startswith("import csv\nimport shutil\nfrom urllib")
    client(root)[0].get("/logs/today")
    assert (root / "copied.log").read_text() == LOG


def test_a_download(tmp_path: Path) -> None:
    given = service(
        '    with urlopen("http://a/" + day) as answer:\n'
        '        with open("downloads/" + day, "wb") as kept:\n'
        "            kept.write(answer.read())\n"
    )
    root = write(tmp_path, {"main.py": given})
    patched(root, WHOLE)
    assert "            shutil.copyfileobj(answer, kept)\n" in (root / "main.py").read_text()
    assert is_formatted(root, ["main.py"])


OPEN = "    with open(f'/var/log/{day}.log') as file:\n        "


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (OPEN + "lines = file.readlines()\n    return sum(1 for line in lines if line)\n", "lines are kept"),
        (OPEN + "found = (len(line) for line in file.readlines())\n    return sum(found)\n", "outlive the open file"),
        (OPEN + "next(file)\n        return sum(1 for line in file.readlines() if line)\n", "something else is done"),
        (OPEN + "return file.readlines()[-5:]\n", "lines are kept"),
        (OPEN + "return len(file.read().splitlines())\n", "otherwise than written"),
        ("    with open('copy.log', 'w') as copied:\n        copied.write(open(f'/var/log/{day}.log').read())\n", "no name by which"),
        (OPEN + "with open('copy.log', 'w') as copied:\n            return copied.write(file.read())\n", "otherwise than written"),
    ],
)  # fmt: skip
def test_declined(body: str, words: str, tmp_path: Path) -> None:
    root = write(tmp_path, {"main.py": service(body)})
    assert words in reason(root, WHOLE)


def test_coroutines_are_left(tmp_path: Path) -> None:
    body = "    async with aiofiles.open(f'/var/log/{day}.log') as file:\n        return len(await file.readlines())\n"
    root = write(
        tmp_path,
        {
            "main.py": service(body)
            .replace("def log", "async def log")
            .replace("from fastapi", "import aiofiles\nfrom fastapi")
        },
    )
    assert "read by coroutines" in reason(root, WHOLE)


HASHED = """\
import hashlib
from hashlib import sha256

from fastapi import FastAPI

app = FastAPI()


@app.get("/sums/{{day}}")
def total(day: str):
    with open(f"{folder}/{{day}}.log", "rb") as file:
        return {made}.hexdigest()
"""


@pytest.mark.parametrize(
    ("made", "after"),
    [
        ("hashlib.md5(file.read())", "hashlib.file_digest(file, hashlib.md5)"),
        ("sha256(file.read())", "hashlib.file_digest(file, sha256)"),
    ],
)
def test_a_hash(made: str, after: str, tmp_path: Path) -> None:
    main = HASHED.format(folder=tmp_path, made=made)
    needs = '[project]\nname = "x"\nrequires-python = ">=3.11"\n'
    root = write(tmp_path, {"main.py": main, "today.log": LOG, "pyproject.toml": needs})
    before = client(root)[0].get("/sums/today").text
    patched(root, WHOLE)
    text = (root / "main.py").read_text()
    assert f"        return {after}.hexdigest()\n" in text
    assert client(root)[0].get("/sums/today").text == before


@pytest.mark.parametrize(
    ("made", "needs", "words"),
    [
        ("hashlib.md5(file.read())", ">=3.10", "came with Python 3.11"),
        ("hashlib.md5(file.read())", "", "came with Python 3.11"),
        ("hashlib.md5(file.read(), usedforsecurity=False)", ">=3.11", "used otherwise"),
    ],
)
def test_a_hash_that_has_to_be_made_by_hand(made: str, needs: str, words: str, tmp_path: Path) -> None:
    files = {"main.py": HASHED.format(folder=tmp_path, made=made)}
    if needs:
        files["pyproject.toml"] = f'[project]\nname = "x"\nrequires-python = "{needs}"\n'
    assert words in reason(write(tmp_path, files), WHOLE)
