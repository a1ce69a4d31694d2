"""The built page against what it was built from."""

from __future__ import annotations

import hashlib
import importlib.resources
import json
import re

import pytest

import pitstop.reports
from pitstop.data import Report
from tests.house.test_files import LONGEST
from tests.house.tree import ROOT

SOURCE = ROOT / "page"
PAGE = importlib.resources.files(pitstop.reports).joinpath("page.html").read_text("utf-8")


def sources() -> list[str]:
    paths = (path.relative_to(SOURCE) for path in SOURCE.rglob("*") if path.is_file())
    return sorted(path.as_posix() for path in paths if path.parts[0] != "node_modules")


def test_the_page_was_built_from_the_files_that_are_here() -> None:
    digest = hashlib.sha256()
    for name in sources():
        digest.update(name.encode() + b"\0" + (SOURCE / name).read_bytes() + b"\0")
    assert f'<meta name="source" content="sha256-{digest.hexdigest()}">' in PAGE, (
        "page/ has changed: `npm ci && npm run build` there"
    )


def test_the_page_is_small_and_has_one_place_for_its_data() -> None:
    assert len(PAGE.encode()) < 450_000
    assert PAGE.count("__DATA__") == 1
    assert not re.search(r"__(?:SOURCE|STYLE|SCRIPT|LICENCES)__", PAGE)


@pytest.mark.parametrize("name", ["preact", "d3-flame-graph", "d3-selection", "diff2html", "highlight.js"])
def test_what_is_bundled_has_its_licence_in_the_page(name: str) -> None:
    version = json.loads((SOURCE / "package.json").read_text("utf-8"))["devDependencies"][name]
    assert f"{name} {version} (" in PAGE.rpartition("<!--")[2]


@pytest.mark.parametrize("field", Report.__struct_fields__)
def test_nothing_that_a_report_holds_is_unknown_to_the_page(field: str) -> None:
    code = "".join((SOURCE / name).read_text("utf-8") for name in sources() if name.endswith((".js", ".jsx")))
    assert field == "schema_version" or re.search(rf"\b{field}\b", code), (
        f"the page tells nothing of `{field}`"
    )


def test_no_file_of_the_page_is_too_long_to_read_in_one_go() -> None:
    lengths = {name: len((SOURCE / name).read_text("utf-8").splitlines()) for name in sources()}
    assert {name: lines for name, lines in lengths.items() if lines > LONGEST} == {
        "package-lock.json": lengths["package-lock.json"]
    }
