"""Edits of text: byte ranges put into one text, the unified diff of what came out, and the patch that carries both."""

from __future__ import annotations

import ast
import hashlib
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from difflib import SequenceMatcher

import msgspec

from pitstop.data import FileChange, Finding, Meant, Patch
from pitstop.errors import PatchError
from pitstop.verdicts import Metric

_CONTEXT = 3
_NO_NEWLINE = "\\ No newline at end of file\n"
_ESCAPES = {7: "\\a", 8: "\\b", 9: "\\t", 10: "\\n", 11: "\\v", 12: "\\f", 13: "\\r", 34: '\\"', 92: "\\\\"}


class Edit(msgspec.Struct, frozen=True):
    """A piece of text to stand where the bytes `start` to `end` of a file stood.

    Offsets count bytes of the UTF-8 text as it lies on disk, a byte-order mark and carriage returns included.
    An insertion has `start == end`.
    """

    path: str
    start: int
    end: int
    text: str


def apply_edits(text: str, edits: Iterable[Edit]) -> str:
    """The text with all edits in place. Insertions at one point keep the order they were given in.

    Raises PatchError where two edits overlap, lie outside of the text, or cut a character in two.
    """
    data = text.encode()
    parts: list[bytes] = []
    position = 0
    ordered = sorted(edits, key=lambda edit: (edit.start, edit.end))
    for previous, edit in zip([None, *ordered], ordered, strict=False):
        if not 0 <= edit.start <= edit.end <= len(data):
            raise PatchError(
                f"{edit.path}: an edit of bytes {edit.start}-{edit.end} lies outside of the file"
            )
        if previous is not None and edit.start < previous.end:
            line = data.count(b"\n", 0, edit.start) + 1
            raise PatchError(
                f"{edit.path}:{line}: two edits want the same piece of text",
                "Apply one of the patches first, then look for the other again.",
            )
        for offset in (edit.start, edit.end):
            if offset < len(data) and data[offset] & 0xC0 == 0x80:
                raise PatchError(f"{edit.path}: byte {offset} is inside of a character")
        parts += (data[position : edit.start], edit.text.encode())
        position = edit.end
    parts.append(data[position:])
    return b"".join(parts).decode()


def changes(texts: Mapping[str, str], edits: Iterable[Edit]) -> tuple[FileChange, ...]:
    """The files that the edits change, sorted by path. `texts` holds the present text of each."""
    by_path: dict[str, list[Edit]] = {}
    for edit in edits:
        by_path.setdefault(edit.path, []).append(edit)
    made: list[FileChange] = []
    for path, own in sorted(by_path.items()):
        if path not in texts:
            raise PatchError(f"{path}: there is no such text to edit")
        after = apply_edits(texts[path], own)
        if after != texts[path]:
            made.append(FileChange(path=path, before=texts[path], after=after))
    return tuple(made)


def _lines(text: str) -> list[str]:
    """Lines as git sees them: ended by a line feed alone, so that a form feed or a lone carriage return splits nothing."""
    lines = text.split("\n")
    last = lines.pop()
    return [line + "\n" for line in lines] + ([last] if last else [])


def _opcodes(before: Sequence[str], after: Sequence[str]) -> list[tuple[str, int, int, int, int]]:
    shorter = min(len(before), len(after))
    head = next((n for n in range(shorter) if before[n] != after[n]), shorter)
    tail = next((n for n in range(shorter - head) if before[-1 - n] != after[-1 - n]), shorter - head)
    middle = SequenceMatcher(
        None, before[head : len(before) - tail], after[head : len(after) - tail], autojunk=False
    )
    codes: list[tuple[str, int, int, int, int]] = [("equal", 0, head, 0, head)] if head else []
    for tag, a, b, c, d in middle.get_opcodes():
        codes.append((tag, a + head, b + head, c + head, d + head))
    if tail:
        codes.append(("equal", len(before) - tail, len(before), len(after) - tail, len(after)))
    return codes


def _hunks(before: Sequence[str], after: Sequence[str]) -> Iterator[list[tuple[str, int, int, int, int]]]:
    hunk: list[tuple[str, int, int, int, int]] = []
    codes = _opcodes(before, after)
    for number, (tag, a, b, c, d) in enumerate(codes):
        if tag != "equal":
            hunk.append((tag, a, b, c, d))
            continue
        last = number == len(codes) - 1
        if hunk and (last or b - a > 2 * _CONTEXT):
            keep = min(_CONTEXT, b - a)
            yield [*hunk, (tag, a, a + keep, c, c + keep)]
            hunk = []
        if not last:
            skip = 0 if hunk else max(0, b - a - _CONTEXT)
            hunk.append((tag, a + skip, b, c + skip, d))
    if any(tag != "equal" for tag, *_ in hunk):
        yield hunk


def changed_lines(change: FileChange, *, idle: Collection[int] = ()) -> set[int]:
    """The lines (from 1) of the new text that a change added or rewrote.

    Where lines were only taken away, it is the line after them, or the one before if that one alone is as far indented:
    what is left of the block they stood in. `idle` are lines of the old text that say nothing when they are taken away.
    """
    before, after = _lines(change.before or ""), _lines(change.after or "")
    lines: set[int] = set()
    for tag, first, last, start, end in _opcodes(before, after):
        if tag == "delete":
            if all(line + 1 in idle for line in range(first, last)):
                continue
            gone = min((_indent(line) for line in before[first:last] if line.strip()), default=0)
            follows = start < len(after) and (_indent(after[start]) >= gone or not start)
            lines.add(start + 1 if follows else start)
        elif tag != "equal":
            lines.update(range(start + 1, end + 1))
    return lines - {0}


def _indent(line: str) -> int:
    """How far a line is indented; a blank one not at all."""
    return len(line) - len(line.lstrip()) if line.strip() else 0


def _range(start: int, end: int) -> str:
    count = end - start
    if count == 1:
        return str(start + 1)
    return f"{start + 1 if count else start},{count}"


def _quoted(path: str) -> str:
    """A path as git writes it in a header: C-quoted when it holds anything unusual."""
    data = path.encode()
    if all(32 <= byte < 127 and byte not in (34, 92) for byte in data):
        return path
    body = "".join(
        _ESCAPES.get(byte) or (chr(byte) if 32 <= byte < 127 else f"\\{byte:03o}") for byte in data
    )
    return f'"{body}"'


def _header(prefix: str, path: str) -> str:
    name = _quoted(prefix + path)
    # git ends a name that holds a space with a tab, so that the name can be told from a time stamp
    return f"{name}\t" if " " in name and not name.startswith('"') else name


def _file_diff(change: FileChange) -> str:
    before, after = _lines(change.before or ""), _lines(change.after or "")
    out = [f"diff --git {_quoted('a/' + change.path)} {_quoted('b/' + change.path)}\n"]
    if change.before is None:
        out.append("new file mode 100644\n")
    if change.after is None:
        out.append("deleted file mode 100644\n")
    if not before and not after:
        # an empty file has no hunk; the index line is what tells git to make or remove it
        blob = "e69de29"
        out.append(f"index 0000000..{blob}\n" if change.before is None else f"index {blob}..0000000\n")
        return "".join(out)
    out.append(f"--- {'/dev/null' if change.before is None else _header('a/', change.path)}\n")
    out.append(f"+++ {'/dev/null' if change.after is None else _header('b/', change.path)}\n")
    for hunk in _hunks(before, after):
        first, last = hunk[0], hunk[-1]
        out.append(f"@@ -{_range(first[1], last[2])} +{_range(first[3], last[4])} @@\n")
        for tag, a, b, c, d in hunk:
            marked = [" " + line for line in before[a:b]] if tag == "equal" else []
            if tag in ("replace", "delete"):
                marked += ["-" + line for line in before[a:b]]
            if tag in ("replace", "insert"):
                marked += ["+" + line for line in after[c:d]]
            out += [line if line.endswith("\n") else f"{line}\n{_NO_NEWLINE}" for line in marked]
    return "".join(out)


def diff(changed: Iterable[FileChange]) -> str:
    """The changes as a unified diff that `git apply` takes: prefixes `a/` and `b/`, three lines around each change.

    A file that is new, removed or without a newline at its end is said as git says it; carriage returns and
    byte-order marks stay. A change that changes nothing gives nothing.
    """
    return "".join(_file_diff(change) for change in changed if change.before != change.after)


def _parses(text: str) -> bool:
    try:
        ast.parse(text.removeprefix("\ufeff"))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def _changed_lines(text: str) -> str:
    """Added and removed lines with the names of their files: what a patch does, wherever in the file it does it."""
    return "".join(line for line in text.splitlines(keepends=True) if re.match(r"[-+]|diff ", line))


def make_patch(
    finding: Finding,
    title: str,
    changed: Iterable[FileChange],
    aims: Iterable[Metric],
    *,
    routes: Iterable[str] | None = None,
    describes: Iterable[str] = (),
    meant: Meant | None = None,
    waits: Iterable[str] = (),
    origin: str = "",
    risk: str = "",
    validate: str = "",
    rollback: str = "",
) -> Patch:
    """The repair of one finding. `routes` are the finding's own unless given; `origin` is the model that proposed it, if one did.

    The id is the same on every run and machine: it is made of the finding, the title and the lines added and removed, and
    of no line number. Raises PatchError if nothing changes, or if a Python file that parsed would not parse any more.
    """
    kept = tuple(change for change in changed if change.before != change.after)
    if not kept:
        raise PatchError(f"the patch {title!r} of {finding.location.path} changes nothing")
    paths = [change.path for change in kept]
    if len(set(paths)) != len(paths):
        raise PatchError(f"the patch {title!r} changes one file twice: {', '.join(sorted(paths))}")
    for change in kept:
        is_python = change.path.endswith((".py", ".pyi")) and change.after is not None
        if (
            is_python
            and not _parses(change.after or "")
            and (change.before is None or _parses(change.before))
        ):
            raise PatchError(
                f"{change.path} would not parse after the patch {title!r}",
                "This is a fault of pitstop's fix; please report it with the finding's code.",
            )
    text = diff(kept)
    own_routes = (*((finding.route,) if finding.route else ()), *finding.routes)
    identity = "\0".join((finding.id, title, _changed_lines(text)))
    return Patch(
        id=hashlib.blake2b(identity.encode(), digest_size=6).hexdigest(),
        finding=finding.id,
        problem=finding.problem,
        title=title,
        changes=kept,
        diff=text,
        aims=tuple(aims),
        routes=tuple(dict.fromkeys(own_routes if routes is None else routes)),
        describes=tuple(describes),
        meant=meant or Meant(),
        waits=tuple(waits),
        origin=origin,
        risk=risk,
        validate=validate,
        rollback=rollback,
    )
