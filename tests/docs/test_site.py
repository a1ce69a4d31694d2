"""The documentation site: it is built without a warning, and what it tells people to type there is."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

from pitstop import options
from pitstop.errors import UsageError
from pitstop.reports import explain

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session", name="site")
def _site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site as `mkdocs build --strict` makes it, which fails at a link that leads nowhere."""
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


class _Page(HTMLParser):
    """What a page asks a browser to fetch, and the code that it shows."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.fetched: list[str] = []
        self.code: list[str] = []
        self._within = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        address = given.get("src") if tag != "link" else given.get("href")
        if tag in {"script", "img", "link", "iframe"} and address and given.get("rel") != "canonical":
            self.fetched.append(address)
        if tag == "code":
            self._within = True
            self.code.append("")

    def handle_endtag(self, tag: str) -> None:
        self._within = self._within and tag != "code"

    def handle_data(self, data: str) -> None:
        if self._within:
            self.code[-1] += data


def test_it_has_a_page_for_each_problem_and_a_place_for_each_command(site: Path) -> None:
    for name in explain.pages():
        assert (site / "problems" / name / "index.html").is_file()
        assert f'href="{name}/"' in (site / "problems" / "index.html").read_text("utf-8")
    commands = (site / "commands" / "index.html").read_text("utf-8")
    for verb in options.VERBS:
        assert f'id="{verb}"' in commands


def test_nothing_is_fetched_from_elsewhere(site: Path) -> None:
    for file in site.rglob("*.html"):
        assert [each for each in _Page(file.read_text("utf-8")).fetched if "//" in each] == []


def test_each_command_that_is_shown_can_be_typed(site: Path) -> None:
    seen = set()
    for file in site.rglob("*.html"):
        if "changelog" in file.parts or "commands" in file.parts:
            continue
        for code in _Page(file.read_text("utf-8")).code:
            seen |= {line.strip() for line in code.splitlines() if re.match(r"\s*pitstop [a-z]+\b", line)}
    assert len(seen) > 30
    for line in sorted(seen):
        verb, *rest = shlex.split(line.partition("#")[0])[1:]
        assert verb in options.VERBS, line
        offered = options._parser()[1][verb]._option_string_actions
        assert {each.partition("=")[0] for each in rest if each.startswith("--")} <= set(offered), line


def test_a_command_that_there_is_not_would_be_seen() -> None:
    with pytest.raises(UsageError):
        options.parse(["mend", "--all"])


def test_the_site_begins_with_readme_and_its_links_lead_to_pages(site: Path) -> None:
    index = (site / "index.html").read_text("utf-8")
    for heading in re.findall(r"^## (.+)$", (ROOT / "README.md").read_text("utf-8"), re.MULTILINE):
        assert len(re.findall(rf"<h2[^>]*>{re.escape(heading)}<", index)) == 1, heading
    linked = set(re.findall(r'href="([a-z]+)/(?:#[a-z-]+)?"', index))
    assert {"using", "proof", "contract", "architecture", "changelog"} <= linked
    assert all((site / page / "index.html").is_file() for page in linked)
