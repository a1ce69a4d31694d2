"""`lru-cache-on-async-or-method`: the two ways out, and where they end."""

from __future__ import annotations

from pathlib import Path

import pytest

from pitstop import project
from pitstop.errors import PatchError
from pitstop.problems import discover

from .trees import write

MAIN = """\
{imports}

from fastapi import FastAPI

app = FastAPI()


class Rates:
    {decorator}
    async def latest(self):
        return 1.0


@app.get("/rates")
async def show() -> float:
    return await Rates().latest{call}
"""


def main(imports: str, decorator: str, call: str = "()") -> str:
    text = MAIN.replace("{imports}", imports).replace("{decorator}", decorator)
    return text.replace("{call}", call)


def mended(root: Path, option: str, text: str, packages: str = "") -> str:
    """The only file after the option's change, in which nothing is found any more."""
    problem = discover()["lru-cache-on-async-or-method"]
    assert problem.rule is not None
    write(root, {"main.py": text, "requirements.txt": packages})
    read = project.read(root, cache=False)
    (finding,) = problem.rule(read)
    (fix,) = [choice.fix for choice in problem.choices if choice.option.name == option]
    assert fix is not None
    (change,) = fix(finding, read).changes
    write(root, {"main.py": change.after or ""})
    assert list(problem.rule(project.read(root, cache=False))) == []
    return change.after or ""


FUNCTOOLS = "from functools import lru_cache"


def test_without_the_cache(tmp_path: Path) -> None:
    after = mended(tmp_path, "no-cache", main(FUNCTOOLS, "@lru_cache(\n        maxsize=9,\n    )"))
    assert after == main(FUNCTOOLS, "@").replace("    @\n", "").replace(FUNCTOOLS + "\n", "")


def test_a_property_stays_one(tmp_path: Path) -> None:
    before = main("from functools import cached_property", "@cached_property", "")
    wanted = before.replace("@cached_property", "@property").replace(
        "from functools import cached_property\n", ""
    )
    assert mended(tmp_path, "no-cache", before) == wanted


@pytest.mark.parametrize(
    ("imports", "before", "after"),
    [
        (FUNCTOOLS, "@lru_cache", "@alru_cache"),
        (FUNCTOOLS, "@lru_cache(maxsize=9)", "@alru_cache(maxsize=9)"),
        ("from functools import cache", "@cache", "@alru_cache(maxsize=None)"),
        ("import functools", "@functools.lru_cache(maxsize=9)", "@alru_cache(maxsize=9)"),
    ],
)
def test_a_cache_of_results(imports: str, before: str, after: str, tmp_path: Path) -> None:
    made = mended(tmp_path, "async-lru", main(imports, before), "async-lru==2.0.4\n")
    assert f"    {after}\n    async def latest(self):" in made
    assert made.count("functools") == 0
    assert "from async_lru import alru_cache\nfrom fastapi import FastAPI\n" in made


@pytest.mark.parametrize(
    ("text", "packages", "because"),
    [
        (main(FUNCTOOLS, "@lru_cache"), "", "`async-lru` is not among the packages"),
        (
            main("from functools import cached_property", "@cached_property", ""),
            "async-lru==2.0.4\n",
            "`cached_property` has no twin",
        ),
    ],
)
def test_where_no_such_cache_can_be_had(text: str, packages: str, because: str, tmp_path: Path) -> None:
    with pytest.raises(PatchError, match=because):
        mended(tmp_path, "async-lru", text, packages)
