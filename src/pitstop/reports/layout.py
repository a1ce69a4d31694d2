"""Lines on a terminal: text made harmless, entries with a hanging indent, diffs cut short."""

from __future__ import annotations

import re
from collections.abc import Iterable

from rich.cells import chop_cells
from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

LABEL_WIDTH = 9
_UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def clean(text: str) -> str:
    """User text that cannot move the cursor, colour the screen or turn the reading direction."""
    visible = text.replace("\r\n", "\n").replace("\t", "    ")
    return _UNSAFE.sub(lambda found: found.group().encode("unicode_escape").decode(), visible)


def plain(text: str, style: str = "") -> Text:
    """User text as it stands: rich's markup in it means nothing."""
    return Text(clean(text), style=style, overflow="fold")


def shorten(text: str, limit: int) -> str:
    """The text on one line, cut with an ellipsis after `limit` characters."""
    line = " ".join(text.split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def heading(text: str) -> RenderableType:
    """The name of a section, with an empty line above."""
    return Group(Text(), Text(text, style="bold"))


def entries(
    rows: Iterable[tuple[str, Text | str]], indent: int = 2, label_width: int = LABEL_WIDTH
) -> RenderableType:
    """Labels on the left, what they label on the right; rows with nothing to say are left out."""
    grid = Table.grid(padding=(0, 1), pad_edge=False)
    grid.add_column(width=label_width, no_wrap=True, style="dim")
    grid.add_column(ratio=1, overflow="fold")
    for label, value in rows:
        if value:
            grid.add_row(plain(label), plain(value) if isinstance(value, str) else value)
    return Padding(grid, (0, 0, 0, indent))


class Folded:
    """Lines broken where the terminal ends, not between words: what is code keeps its spaces."""

    def __init__(self, lines: Iterable[tuple[str, str]]) -> None:
        self.lines = [(clean(line), style) for line, style in lines]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for line, style in self.lines:
            for piece in chop_cells(line, options.max_width) or [""]:
                yield Text(piece, style=style, no_wrap=True, overflow="ignore")


def indented(text: Text, indent: int = 2) -> RenderableType:
    """A paragraph set in from the left."""
    return Padding(text, (0, 0, 0, indent))


def diff(text: str, limit: int = 24, indent: int = 2) -> RenderableType:
    """A unified diff, coloured, at most `limit` lines of it; how many are left out is said."""
    lines = text.splitlines()
    styles = {"+": "green", "-": "red", "@": "cyan"}
    shown = lines if len(lines) <= limit + 1 else lines[:limit]
    styled = [
        (line, "bold" if line.startswith(("+++", "---")) else styles.get(line[:1], "")) for line in shown
    ]
    if len(lines) > len(shown):
        styled.append((f"… {len(lines) - len(shown)} more lines", "dim"))
    return Padding(Folded(styled), (0, 0, 0, indent))
