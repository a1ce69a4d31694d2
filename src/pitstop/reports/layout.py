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
ROUTE_WIDTH = 28
"""Beside all columns of figures no more is left for a route on a terminal of 120 columns."""
_UNSAFE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)


def clean(text: str) -> str:
    """User text that cannot move the cursor, colour the screen or turn the reading direction."""
    visible = text.replace("\r\n", "\n").replace("\t", "    ")
    return _UNSAFE.sub(lambda found: found.group().encode("unicode_escape").decode(), visible)


def plain(text: str, style: str = "") -> Text:
    """User text as it stands: rich's markup in it means nothing."""
    return Text(clean(text), style=style, overflow="fold")


def route_name(text: str, longest: int = ROUTE_WIDTH) -> Text:
    """A route on as many lines as it takes, broken before a slash where it is too long for one."""
    lines = [""]
    for piece in re.split(r"(?=/)", clean(text)):
        if lines[-1] and len(lines[-1]) + len(piece) > longest:
            lines.append("  ")
        lines[-1] += piece
    return Text("\n".join(lines), overflow="fold")


def shorten(text: str, limit: int) -> str:
    """The text on one line, cut with an ellipsis after `limit` characters."""
    line = " ".join(text.split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def columns_of_figures() -> Table:
    """A table without lines, to which columns and rows are added: all tables of a report look alike."""
    return Table(box=None, padding=(0, 1, 0, 0), pad_edge=False, header_style="dim")


def heading(text: str) -> RenderableType:
    """The name of a section, with an empty line above."""
    return Group(Text(), Text(text, style="bold"))


def entries(
    rows: Iterable[tuple[str, Text | str]], indent: int = 2, label_width: int = LABEL_WIDTH
) -> RenderableType:
    """Labels on the left, what they label on the right; rows with nothing to say are left out."""
    told = [
        (plain(label), plain(value) if isinstance(value, str) else value) for label, value in rows if value
    ]
    return _Entries(told, indent, label_width)


class _Entries:
    """Labels and what they label: what a table of two columns would show, for a tenth of the time."""

    def __init__(self, rows: list[tuple[Text, Text]], indent: int, label_width: int) -> None:
        self._rows = rows
        self._indent = indent
        self._label_width = label_width

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        left = self._indent + self._label_width + 1
        width = options.max_width - left
        for label, value in self._rows:
            label.truncate(self._label_width)
            label.stylize("dim")
            fits = value.cell_len <= width and "\n" not in value.plain
            for number, line in enumerate([value] if fits else value.wrap(console, width)):
                line.rstrip()
                start = Text(" " * self._indent).append_text(label) if number == 0 else Text()
                start.pad_right(left - start.cell_len)
                yield start.append_text(line)


class Folded:
    """Lines broken where the terminal ends, not between words: what is code keeps its spaces."""

    def __init__(self, lines: Iterable[tuple[str, str]]) -> None:
        self.lines = [(clean(line), style) for line, style in lines]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for line, style in self.lines:
            for piece in chop_cells(line, options.max_width) or [""]:
                yield Text(piece, style=style, no_wrap=True, overflow="ignore")


def indented(text: RenderableType, indent: int = 2) -> RenderableType:
    """A paragraph, or entries, set in from the left."""
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
