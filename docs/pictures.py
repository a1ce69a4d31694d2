"""Makes docs/terminal.svg and docs/page.png of a real run of `pitstop tune` on the example: `python docs/pictures.py`. It takes some ten minutes;
`python docs/pictures.py REPORT.json` takes a run that was kept.

The one is what the terminal shows, the other the top of the HTML page, in Chromium.
"""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import msgspec
from playwright.sync_api import sync_playwright
from rich.console import Console
from rich.text import Text

from pitstop.data import Report
from pitstop.reports import full, html

DOCS = Path(__file__).parent
SHOP = DOCS.parent / "examples" / "shop"
WIDTH = 118
LINES = 44
_COMMAND = ("pitstop", "tune", "shop")


def main(kept: str = "") -> None:
    """Write both pictures of a report that was kept as JSON, or else of a new run."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(kept) if kept else _run(Path(folder))
        report = msgspec.json.decode(file.read_bytes(), type=Report)
        # Where it lies on this machine is nobody's business.
        here = msgspec.structs.replace(
            report, next="", project=msgspec.structs.replace(report.project, found={})
        )
        page = Path(folder, "report.html")
        page.write_text(html.render(here), "utf-8")
        _photograph(page, DOCS / "page.png")
    _record(full.render(here, width=WIDTH, color=True), DOCS / "terminal.svg")


def _run(folder: Path) -> Path:
    shutil.copytree(SHOP, folder / "shop", ignore=shutil.ignore_patterns("*.db", "__pycache__", "*.egg-info"))
    command = [sys.executable, "-m", *_COMMAND, "--format", "json", "--output", "report.json"]
    subprocess.run(command, cwd=folder, check=False)
    return folder / "report.json"


def _record(text: str, target: Path) -> None:
    """The first findings, and the table of proofs with which the report ends."""
    lines = text.splitlines()
    proof = next(number for number, line in enumerate(lines) if Text.from_ansi(line).plain == "Proof")
    shown = [
        f"$ {' '.join(_COMMAND)}",
        *lines[: LINES // 2],
        "  ...",
        *lines[proof : proof + LINES // 2],
        "  ...",
        *lines[-1:],
    ]
    console = Console(record=True, width=WIDTH, file=io.StringIO())
    console.print(Text.from_ansi("\n".join(shown)))
    # Rich would have a browser fetch its font.
    svg = re.sub(r"@font-face \{.*?\}\s*", "", console.export_svg(title="pitstop tune"), flags=re.DOTALL)
    target.write_text(svg, "utf-8")


def _photograph(page: Path, target: Path) -> None:
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        shown = browser.new_page(viewport={"width": 1280, "height": 900})
        shown.goto(page.as_uri())
        shown.screenshot(path=target)
        browser.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
