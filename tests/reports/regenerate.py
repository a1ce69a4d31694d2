"""Write the golden files and the published schema anew: `.venv/bin/python -m tests.reports.regenerate`, then read the diff."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path

import msgspec

from pitstop.data import Report
from pitstop.reports import agent, concise, full, github, gitlab, html, junit, markdown, sarif
from pitstop.reports import json as json_format

from .sample import EMPTY, REPORT

GOLDEN = Path(__file__).parent / "golden"
SCHEMA = Path(__file__).parents[2] / "docs" / "schema" / "report.schema.json"


def _full(report: Report, width: int, *, color: bool = False) -> Callable[[], str]:
    return lambda: full.render(report, width=width, color=color)


GOLDENS: dict[str, Callable[[], str]] = {
    "full-wide.txt": _full(REPORT, 140),
    "full-narrow.txt": _full(REPORT, 60),
    "full-color.txt": _full(REPORT, 100, color=True),
    "full-empty.txt": _full(EMPTY, 100),
    "json-full.json": lambda: json_format.render(REPORT),
    "json-empty.json": lambda: json_format.render(EMPTY),
    # what the page is given: the page itself is made in page/
    "html-empty.json": lambda: json_format.written(msgspec.json.decode(html.document(EMPTY))),
    **{
        f"{name}-{kind}.{ending}": partial(module.render, report)
        for name, module, ending in (
            ("agent", agent, "txt"),
            ("concise", concise, "txt"),
            ("github", github, "txt"),
            ("gitlab", gitlab, "json"),
            ("junit", junit, "xml"),
            ("markdown", markdown, "md"),
            ("sarif", sarif, "json"),
        )
        for kind, report in (("full", REPORT), ("empty", EMPTY))
    },
}
"""What each golden file holds; the first word of a name is the format."""


def schema_text() -> str:
    """The published schema as it should stand in the file."""
    return json.dumps(json_format.schema(), indent=2, ensure_ascii=False) + "\n"


def main() -> None:
    """Write all files."""
    GOLDEN.mkdir(exist_ok=True)
    for name, render in GOLDENS.items():
        (GOLDEN / name).write_text(render(), "utf-8")
    SCHEMA.parent.mkdir(parents=True, exist_ok=True)
    SCHEMA.write_text(schema_text(), "utf-8")


if __name__ == "__main__":
    main()
