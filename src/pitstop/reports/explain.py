"""What is known of a problem: the README of its folder, found without importing any rule."""

from __future__ import annotations

import difflib
import importlib.resources
from collections.abc import Iterable
from pathlib import Path

import pitstop
from pitstop.errors import UsageError


def pages(folder: Path | None = None) -> dict[str, Path]:
    """The README of each problem by the problem's name, sorted by name.

    A problem lives in `problems/<domain>/<name>/`; hyphens of the name are underscores in the folder's.
    """
    top = folder or Path(str(importlib.resources.files(pitstop))) / "problems"
    found = {path.parent.name.replace("_", "-"): path for path in top.glob("*/*/README.md")}
    return dict(sorted(found.items()))


def known(names: tuple[str, ...], where: str, folder: Path | None = None, *, domains: bool = False) -> None:
    """Raise UsageError, with the nearest names, for the first of `names` that is no problem's; `where` says who gave it.

    With `domains`, the name of a domain stands for all of its problems.
    """
    available = pages(folder)
    taken = {*available, *(_domain(path) for path in available.values())} if domains else {*available}
    for name in names:
        if name not in taken:
            what = "problem or domain" if domains else "problem"
            raise UsageError(f"{where}: there is no {what} `{name}`", _nearest(name, taken))


def _domain(page: Path) -> str:
    return page.parent.parent.name.rstrip("_").replace("_", "-")


def page(name: str, folder: Path | None = None) -> str:
    """The Markdown of one problem. Raises UsageError for an unknown name."""
    folded = name.strip().lower().replace("_", "-")
    known((folded,), "explain", folder)
    return pages(folder)[folded].read_text("utf-8")


def listing(folder: Path | None = None) -> str:
    """All problems, one a line, with the first sentence of what each is."""
    available = pages(folder)
    width = max([len(name) for name in available] + [0])
    return "".join(f"{name:<{width}}  {gist(path.read_text('utf-8'))}\n" for name, path in available.items())


def gist(markdown: str) -> str:
    """The first sentence of a page: what a problem is."""
    paragraphs = [part.strip() for part in markdown.split("\n\n")]
    text = next((part for part in paragraphs if part and not part.startswith(("#", "```", "|", "<"))), "")
    sentence = " ".join(text.split())
    end = sentence.find(". ")
    return sentence if end < 0 else sentence[: end + 1]


def _nearest(name: str, available: Iterable[str]) -> str:
    near = difflib.get_close_matches(name, available, n=3, cutoff=0.4)
    if near:
        return "Did you mean " + " or ".join(f"`{other}`" for other in near) + "?"
    return "`pitstop explain` lists all problems."


def render(markdown: str, *, width: int) -> str:
    """Markdown set for a terminal, with escape codes; where they are not wanted, the Markdown itself reads well."""
    import io

    from rich.console import Console
    from rich.markdown import Markdown

    stream = io.StringIO()
    console = Console(file=stream, width=min(width, 100), force_terminal=True, _environ={})
    console.print(Markdown(markdown, hyperlinks=False))
    return stream.getvalue()
