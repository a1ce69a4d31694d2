"""`download-built-in-memory`: files sent from where they lie, and those that are needed in memory."""

from __future__ import annotations

from pathlib import Path

import pytest

from .choices import mended, refused
from .served import client
from .trees import write

DOWNLOAD = "download-built-in-memory"
HEAD = """\
import io
from pathlib import Path

from fastapi import FastAPI, HTTPException, Response
from fastapi.responses import StreamingResponse

app = FastAPI()
FOLDER = Path("{folder}")


@app.get("/reports/{{name}}")
def report(name: str):
"""
CONTENT = b"first\\nsecond\\r\\n\\x00last"


def service(root: Path, body: str) -> Path:
    write(root, {"main.py": HEAD.format(folder=root) + body})
    (root / "a.bin").write_bytes(CONTENT)
    return root


@pytest.mark.parametrize(
    ("body", "after"),
    [
        (
            '    with open(FOLDER / name, "rb") as file:\n        content = file.read()\n    return Response(content, media_type="application/zip")\n',
            '    return FileResponse(FOLDER / name, media_type="application/zip")\n',
        ),
        (
            ('    with Path(FOLDER, name).open("rb") as file:\n        return StreamingResponse(\n            io.BytesIO(file.read()),  # in one piece\n'
            '            media_type="application/zip",\n        )\n'),
            '    return FileResponse(\n        Path(FOLDER, name),  # in one piece\n        media_type="application/zip",\n    )\n',
        ),
        (
            ('    path = Path(FOLDER, name)\n    if not path.exists():\n        raise HTTPException(404)\n    return Response(\n'
            '        content=path.read_bytes(), status_code=203, media_type="application/zip"\n    )\n'),
            '    path = Path(FOLDER, name)\n    if not path.exists():\n        raise HTTPException(404)\n    return FileResponse(path=path, status_code=203, media_type="application/zip")\n',
        ),
        (
            '    content = Path(FOLDER, name).read_bytes()\n    return Response(content, media_type="application/zip")\n',
            '    return FileResponse(Path(FOLDER, name), media_type="application/zip")\n',
        ),
    ],
)  # fmt: skip
def test_the_file_is_sent_from_where_it_lies(body: str, after: str, tmp_path: Path) -> None:
    root = service(tmp_path, body)
    before = client(root)[0].get("/reports/a.bin")
    mended(root, DOWNLOAD, "file-response")
    assert (root / "main.py").read_text().endswith("def report(name: str):\n" + after)
    given = client(root)[0].get("/reports/a.bin")
    assert before.content == given.content == CONTENT
    assert (before.status_code, before.headers["content-type"]) == (
        given.status_code,
        given.headers["content-type"],
    )


READ = '    with open(FOLDER / name, "rb") as file:\n        content = file.read()\n'


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (f"{READ}    return Response(content)\n", "names no type"),
        (f'{READ}    print(len(content))\n    return Response(content, media_type="a/b")\n', "used for more than the response"),
        (f'{READ}    name = "x"\n    return Response(content, media_type="a/b")\n', "between the reading and the response"),
        (f'{READ}    answer = Response(content, media_type="a/b")\n    return answer\n', "something is done with the response"),
        (
            ('    with open(FOLDER / name, "rb") as file:\n        file.seek(9)\n        content = file.read()\n'
            '    return Response(content, media_type="a/b")\n'),
            "`file` is used for more",
        ),
        (
            ('    with open(FOLDER / name, "rb") as file:\n        content = file.read()\n        print("read")\n'
            '    return Response(content, media_type="a/b")\n'),
            "more is done while the file is open",
        ),
        (
            ('    try:\n        with open(FOLDER / name, "rb") as file:\n            return Response(file.read(), media_type="a/b")\n'
            "    except FileNotFoundError:\n        raise HTTPException(404)\n"),
            "answered for where it is read",
        ),
        (
            '    with open(FOLDER / name, "rb") as file:\n        content = file.read()  # all of it\n    return Response(content, media_type="a/b")\n',
            "a comment speaks of the reading",
        ),
    ],
)  # fmt: skip
def test_what_is_needed_in_memory_stays(body: str, words: str, tmp_path: Path) -> None:
    assert words in refused(service(tmp_path, body), DOWNLOAD, "file-response")
