"""Pages of the documentation site that are made of what stands elsewhere: README.md, the problems' READMEs, the help of the command line.

mkdocs calls `on_config` and `on_files`; nothing is said twice in the sources.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

from pitstop import options
from pitstop.reports import explain

ROOT = Path(__file__).parents[1]
_LINKS = {
    "ARCHITECTURE.md": "architecture.md",
    "CHANGELOG.md": "changelog.md",
    "LICENSE": "LICENSE.txt",
    "../integrations/gitlab.yml": "gitlab.yml",
}
"""Where what lies outside of docs/ is on the site."""


def pages() -> Iterator[tuple[str, str]]:
    """Path and Markdown of each page that is made."""
    yield "index.md", _linked((ROOT / "README.md").read_text("utf-8"))
    yield "commands.md", _commands()
    yield "problems/index.md", _index()
    for name, file in explain.pages().items():
        yield f"problems/{name}.md", _problem(file.read_text("utf-8"))
    yield "costs.md", _costs()
    architecture = (ROOT / "ARCHITECTURE.md").read_text("utf-8")
    yield "architecture.md", architecture
    yield (
        "adding.md",
        "# Adding a problem or a format\n\n"
        + dict(_sections(architecture))["Adding something"].partition("\n")[2],
    )
    yield "changelog.md", (ROOT / "CHANGELOG.md").read_text("utf-8")


def _sections(text: str) -> Iterator[tuple[str, str]]:
    for part in re.split(r"^(?=## )", text, flags=re.MULTILINE)[1:]:
        yield part.partition("\n")[0].removeprefix("## ").strip(), part.strip()


def _linked(text: str) -> str:
    def place(found: re.Match[str]) -> str:
        return f"]({_LINKS.get(found[1], found[1].removeprefix('docs/'))}{found[2] or ''})"

    return re.sub(r"\]\(([^)#:]+)(#[^)]*)?\)", place, text)


def _commands() -> str:
    parser, verbs = options._parser()
    told = ["# Commands", "What `--help` says of each.", _fenced(parser.format_help())]
    for name, verb in verbs.items():
        told += [f"## {name}", options.VERBS[name].capitalize() + ".", _fenced(verb.format_help())]
    return "\n\n".join(told)


def _fenced(text: str) -> str:
    return f"```text\n{text.strip()}\n```"


def _index() -> str:
    told = [
        "# Problems",
        f"{len(explain.pages())} are known. `pitstop explain NAME` prints each of these pages.",
    ]
    for domain, names in _by_domain().items():
        rows = [
            f"| [{name}]({name}.md) | {explain.gist(_text(name)).replace('|', '&#124;')} |" for name in names
        ]
        told += [f"## {domain}", "\n".join(["| problem | what it is |", "|---|---|", *rows])]
    return "\n\n".join(told)


def _by_domain() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, file in explain.pages().items():
        found.setdefault(file.parent.parent.name.rstrip("_").replace("_", "-"), []).append(name)
    return dict(sorted(found.items()))


def _text(name: str) -> str:
    return explain.pages()[name].read_text("utf-8")


def _problem(text: str) -> str:
    def page(found: re.Match[str]) -> str:
        return f"]({found[1].replace('_', '-')}.md)"

    return re.sub(r"\]\((?:\.\./)+[\w/]*?(\w+)/README\.md\)", page, text)


def _costs() -> str:
    told = [
        "# What problems cost",
        "Why each of them matters, with the figures that were measured and where they come from.",
    ]
    for name in explain.pages():
        why = dict(_sections(_text(name))).get("Why it costs", "").partition("\n")[2].strip()
        if why:
            told += [
                f"## [{name}](problems/{name}.md)",
                _problem(why).replace("](", "](problems/") if "](" in why else why,
            ]
    return "\n\n".join(told)


def on_config(config: Any) -> Any:
    """The order of the pages."""
    problems = [{domain: [f"problems/{name}.md" for name in names]} for domain, names in _by_domain().items()]
    config.nav = [
        {"Start": "index.md"},
        {"Using it": "using.md"},
        {"Commands": "commands.md"},
        {"Problems": ["problems/index.md", *problems]},
        {"The proof": "proof.md"},
        {"What it costs": "costs.md"},
        {"Contracts": "contract.md"},
        {"Inside": ["adding.md", "architecture.md", "changelog.md"]},
    ]
    return config


def on_page_markdown(markdown: str, *, page: Any, **_others: Any) -> str:
    """Links of docs/ to what lies outside of it lead to where that is on the site."""
    return _linked(markdown) if page.file.src_uri == "using.md" else markdown


def on_files(files: Files, *, config: Any) -> Files:
    """The pages that are made, and the files that they link to."""
    for path, text in pages():
        files.append(File.generated(config, path, content=text))
    for source, target in (("LICENSE", "LICENSE.txt"), ("integrations/gitlab.yml", "gitlab.yml")):
        files.append(File.generated(config, target, content=(ROOT / source).read_text("utf-8")))
    return files
