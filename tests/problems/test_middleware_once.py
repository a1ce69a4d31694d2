"""`duplicate-middleware`: one of two taken away, and which, where it matters, is for a person to say."""

from __future__ import annotations

from pathlib import Path

import pytest

from pitstop import project
from pitstop.errors import PatchError
from pitstop.problems import discover

from .trees import check, findings, patched, reason, write

PROBLEM = discover()["duplicate-middleware"]
HEAD = """\
from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from fastapi.middleware.gzip import GZipMiddleware

app = FastAPI()
"""
GZIP = "app.add_middleware(GZipMiddleware, minimum_size=500)\n"
CORS = 'app.add_middleware(CORSMiddleware, allow_origins=["https://{}.example"], allow_credentials={})\n'


def chosen(root: Path, name: str) -> str:
    """The diff that an option makes of the only finding."""
    (finding,) = findings(root, PROBLEM.name)
    fix = next(each.fix for each in PROBLEM.choices if each.option.name == name)
    assert fix is not None
    patch = fix(finding, project.read(root, cache=False))
    check(root, patch)
    assert patch.meant.requests == (("OPTIONS",) if "office" in patch.diff else ())
    return patch.diff


def test_of_two_beside_each_other_the_later_goes(tmp_path: Path) -> None:
    write(tmp_path, {"main.py": f"{HEAD}{GZIP}\n\n# CORS\n\n\n{GZIP}"})
    assert f"\n-{GZIP}" in patched(tmp_path, PROBLEM.name)
    assert (tmp_path / "main.py").read_text("utf-8") == f"{HEAD}{GZIP}\n\n# CORS\n"


def test_a_comment_keeps_the_one_it_belongs_to(tmp_path: Path) -> None:
    write(tmp_path, {"main.py": f"{HEAD}{GZIP}\n\n# large answers\n{GZIP}"})
    patched(tmp_path, PROBLEM.name)
    assert (tmp_path / "main.py").read_text("utf-8") == f"{HEAD}\n\n# large answers\n{GZIP}"


def test_a_function_that_is_decorated_stays(tmp_path: Path) -> None:
    main = """\
from fastapi import FastAPI, Request
from starlette.middleware.base import BaseHTTPMiddleware

app = FastAPI()


@app.middleware("http")
async def named(request: Request, call_next):
    return await call_next(request)


app.add_middleware(BaseHTTPMiddleware, dispatch=named)
"""
    write(tmp_path, {"main.py": main})
    diff = patched(tmp_path, PROBLEM.name)
    assert "-from starlette.middleware.base import BaseHTTPMiddleware\n" in diff
    assert "-app.add_middleware(BaseHTTPMiddleware, dispatch=named)\n" in diff


def test_with_another_in_between_a_person_decides(tmp_path: Path) -> None:
    cors = CORS.format("shop", True)
    write(tmp_path, {"main.py": f"{HEAD}{GZIP}\n{cors}\nready = True\n{GZIP}"})
    assert "stands between them" in reason(tmp_path, PROBLEM.name)
    assert f" app = FastAPI()\n-{GZIP}" in chosen(tmp_path, "outer")
    assert f" ready = True\n-{GZIP}" in chosen(tmp_path, "inner")


def test_origins_of_two_are_allowed_by_one(tmp_path: Path) -> None:
    write(tmp_path, {"main.py": HEAD + CORS.format("shop", True) + CORS.format("office", True)})
    assert "other arguments" in reason(tmp_path, PROBLEM.name)
    diff = chosen(tmp_path, "outer")
    assert 'CORSMiddleware, allow_origins=["https://office.example", "https://shop.example"], allow' in diff
    assert diff.count("\n-") == 3
    with pytest.raises(PatchError, match="answers preflights"):
        chosen(tmp_path, "inner")
    both = CORS.format("office", True).replace("[", '["https://shop.example", ')
    write(tmp_path, {"main.py": HEAD + CORS.format("shop", True) + both})
    assert chosen(tmp_path, "outer").count("shop.example") == 2


@pytest.mark.parametrize(
    ("one", "other", "why"),
    [
        (CORS.format("shop", True), CORS.format("office", False), "`allow_credentials`"),
        (CORS.format("shop", True), CORS.format("*", True).replace("https://*.example", "*"), "allows all"),
        (CORS.format("shop", True), "ALLOWED = ['https://office.example']\n" + CORS.format("", True).replace('["https://.example"]', "ALLOWED"), "not written out"),
    ],
)  # fmt: skip
def test_what_differs_in_more_is_not_merged(one: str, other: str, why: str, tmp_path: Path) -> None:
    write(tmp_path, {"main.py": HEAD + one + other})
    with pytest.raises(PatchError, match=why.replace("(", r"\(")):
        chosen(tmp_path, "outer")


def test_one_that_another_module_adds_stays(tmp_path: Path) -> None:
    made = f"{HEAD.replace('app = FastAPI()', '')}\n\ndef create():\n    app = FastAPI()\n    {GZIP}    return app\n"
    main = f"from fastapi.middleware.gzip import GZipMiddleware\n\nfrom factory import create\n\napp = create()\n{GZIP}"
    write(tmp_path, {"factory.py": made, "main.py": main})
    assert "not every start may import" in reason(tmp_path, PROBLEM.name)
