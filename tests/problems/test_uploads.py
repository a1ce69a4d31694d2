"""`upload-read-whole`: uploads that are copied in chunks, or measured before they are read, and those left to a person."""

from __future__ import annotations

from pathlib import Path

import pytest

from .served import client
from .trees import is_formatted, patched, reason, write

UPLOAD = "upload-read-whole"
HEAD = """\
import hashlib
from hashlib import md5

import aiofiles
from fastapi import FastAPI, HTTPException, UploadFile

app = FastAPI()
MOST = 10


"""
BODIES = {
    "around": """\
    with open("kept", "wb") as kept:
        content = await file.read()
        kept.write(content)
""",
    "at once": """\
    with open("kept", "wb") as kept:
        kept.write(await file.read())
""",
    "asynchronous": """\
    content = await file.read()

    async with aiofiles.open("kept", "wb") as kept:
        # all of it
        await kept.write(content)
""",
    "plain": """\
    if not file.filename:
        raise HTTPException(400)
    content = file.file.read()
    with open("kept", "wb") as kept:
        kept.write(content)
    return None
""",
    "limit": """\
    content = await file.read()

    # not too much
    if len(content) > MOST or len(content) == 3:
        raise HTTPException(413, f"{len(content)} of {MOST}")

    with open("kept", "wb") as kept:
        kept.write(content[:5])
""",
    "hash": """\
    content = await file.read()
    return hashlib.sha256(content, usedforsecurity=False).hexdigest()
""",
    "named hash": """\
    content = file.file.read()

    # by its content
    made = md5(content)
    if made.hexdigest() == file.filename:
        raise HTTPException(409)
    return made.hexdigest()
""",
    "hash at once": """\
    if hashlib.sha1(await file.read()).hexdigest() == file.filename:
        raise HTTPException(409)
""",
    "named limit": """\
    content = await file.read()
    size = len(content)
    if not size <= MOST:
        raise HTTPException(413, f"{size} of {MOST}")
    with open("kept", "wb") as kept:
        kept.write(content[:5])
""",
}


def service(body: str) -> str:
    return f'{HEAD}@app.post("/kept")\nasync def keep(file: UploadFile):\n{body}'


def answers(root: Path) -> list[tuple[int, str, bytes, int]]:
    """What the service answers to some uploads, and what it keeps of each."""
    asked, given = client(root)[0], []
    for content in (b"", b"short", b"x" * 10, b"x" * 11, b"y" * 3_000_000):
        answer = asked.post("/kept", files={"file": ("a.txt", content)})
        path = root / "kept"
        kept = path.read_bytes() if path.exists() else b"none"
        given.append((answer.status_code, answer.text, kept[:20], len(kept)))
        path.unlink(missing_ok=True)
    return given


@pytest.mark.parametrize("name", [name for name in BODIES if name != "asynchronous"])
def test_answers_and_files_are_the_same(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    root = write(tmp_path, {"main.py": service(BODIES[name]).replace("import aiofiles\n", "")})
    before = answers(root)
    assert before[-1][3] == 3_000_000 or before[-1][0] == 413 or "hash" in name
    patched(root, UPLOAD)
    assert answers(root) == before
    assert is_formatted(root, ["main.py"])


@pytest.mark.parametrize(
    ("name", "after"),
    [
        (
            "asynchronous",
            ('    async with aiofiles.open("kept", "wb") as kept:\n        # all of it\n'
            "        while chunk := await file.read(1024 * 1024):\n            await kept.write(chunk)\n"),
        ),
        ("plain", "        while chunk := file.file.read(1024 * 1024):\n            kept.write(chunk)\n    return None\n"),
        (
            "limit",
            ("    # not too much\n    if (file.size or 0) > MOST or (file.size or 0) == 3:\n"
            '        raise HTTPException(413, f"{(file.size or 0)} of {MOST}")\n    content = await file.read()\n\n    with open'),
        ),
        (
            "hash",
            ("    digest = hashlib.sha256(usedforsecurity=False)\n    while chunk := await file.read(1024 * 1024):\n"
            "        digest.update(chunk)\n    return digest.hexdigest()\n"),
        ),
        (
            "named hash",
            ("    # by its content\n    made = md5()\n    while chunk := file.file.read(1024 * 1024):\n"
            "        made.update(chunk)\n    if made.hexdigest() == file.filename:\n"),
        ),
        (
            "hash at once",
            ("    digest = hashlib.sha1()\n    while chunk := await file.read(1024 * 1024):\n"
            "        digest.update(chunk)\n    if digest.hexdigest() == file.filename:\n"),
        ),
        (
            "named limit",
            ("    size = file.size or 0\n    if not size <= MOST:\n"
            '        raise HTTPException(413, f"{size} of {MOST}")\n    content = await file.read()\n    with open'),
        ),
    ],
)  # fmt: skip
def test_the_form(name: str, after: str, tmp_path: Path) -> None:
    root = write(tmp_path, {"main.py": service(BODIES[name])})
    patched(root, UPLOAD)
    assert after in (root / "main.py").read_text()


WHOLE = '    with open("kept", "wb") as kept:\n        kept.write(content)\n'


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("    content = await file.read()\n    return content.decode()\n", "yours to decide"),
        ("    content = await file.read()\n    return len(content)\n", "yours to decide"),
        (f"    content = await file.read()\n    print(content)\n{WHOLE}", "yours to decide"),
        (f"    content = await file.read()\n    print(MOST)\n{WHOLE}", "between the reading and the writing"),
        (f"    content = await file.read()\n    if MOST:\n    {WHOLE.replace(chr(10), chr(10) + '    ').rstrip()}\n", "between the reading and the writing"),
        (f"    await file.read(2)\n    content = await file.read()\n{WHOLE}", "may have read of it before"),
        (f"    print(file)\n    content = await file.read()\n{WHOLE}", "may have read of it before"),
        (f"    chunk = 1\n    content = await file.read()\n{WHOLE}    return chunk", "a name `chunk`"),
        (f"    # the picture\n    content = await file.read()\n{WHOLE}", "a comment speaks"),
        ("    content = await file.read()\n    app.write(content)\n", "what `app` is"),
        (f"    content = await file.read()\n    if len(content) > MOST and content[0]:\n        raise HTTPException(413)\n{WHOLE}", "looked at before its length"),
        (f"    content = await file.read()\n    # too much\n    print()\n    if len(content) > MOST:\n        raise HTTPException(413)\n{WHOLE}", "yours to decide"),
        (f"    a = await file.read()\n    content = await file.read()\n{WHOLE}", "several places"),
        ("    content = await file.read()\n    print()\n    return md5(content)\n", "between the reading and the hashing"),
        ("    return MOST and md5(await file.read()).hexdigest()\n", "decided within the statement"),
        ("    while md5(await file.read()).digest():\n        pass\n", "no place before the hashing"),
        ("    if MOST > 20:\n        return 1\n    elif md5(await file.read()).digest():\n        return 2\n", "no place before the hashing"),
        ("    digest = hashed = checksum = md5(await file.read())\n    return digest\n", "no free name"),
        ("    return app.md5(await file.read())\n", "yours to decide"),
    ],
)  # fmt: skip
def test_declined(body: str, words: str, tmp_path: Path) -> None:
    root = write(tmp_path, {"main.py": service(body)})
    assert words in reason(root, UPLOAD)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (
            {"jobs.py": "from fastapi import UploadFile\n\nmade = UploadFile(open('a', 'rb'))\n"},
            "jobs.py makes",
        ),
        ({"requirements.txt": "fastapi==0.91.0\n"}, "before FastAPI 0.92"),
    ],
)
def test_a_size_that_nobody_has_counted_is_not_asked(
    more: dict[str, str], words: str, tmp_path: Path
) -> None:
    root = write(tmp_path, {"main.py": service(BODIES["limit"]), **more})
    assert words in reason(root, UPLOAD)
