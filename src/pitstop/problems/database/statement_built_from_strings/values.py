"""Which of the expressions in a statement's text are values, and the text with parameters in their place."""

from __future__ import annotations

import ast
import re
from dataclasses import replace
from typing import TYPE_CHECKING

from pitstop.errors import PatchError
from pitstop.patching.python import Source
from pitstop.patching.texts import Piece, put_together, take_apart
from pitstop.problems.transactions import says_anywhere
from pitstop.project.facts import Const, Format

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.project.model import FunctionInfo

_READS = re.compile(r"\s*(SELECT|WITH)\b", re.IGNORECASE)
_COMPARED = re.compile(r"(=|<|>|\bLIMIT|\bOFFSET|\bBETWEEN|\bBETWEEN\s+\S+\s+AND)\s*$", re.IGNORECASE)
_LIKE = re.compile(r"\bI?LIKE\s*$", re.IGNORECASE)
_PARAMETER = re.compile(r"(?<![:\w\\]):(\w+)(?!:)")
_NUMBERS = {"int", "float"}


def bind(
    project: Project, function: FunctionInfo, source: Source, node: ast.JoinedStr, light: Format
) -> tuple[str, dict[str, str]]:
    """The text with a parameter for each value, and the values by the names of the parameters. Raises PatchError."""
    tokens, pieces = take_apart(source, node)
    plain = "".join(piece.text for piece in pieces if piece.value is None)
    if not _READS.match(pieces[0].text) or ";" in plain:
        # What a statement changes is told by its text and values: with parameters it would be another to a proof.
        raise PatchError(
            "what an UPDATE or DELETE changes is told by its text: whether it stays so has to be seen by hand"
        )
    if "--" in plain or "/*" in plain or "\\'" in plain or '\\"' in plain:
        raise PatchError("the text holds comments or escaped quotes, in which values are hard to tell")
    types = [
        project.types.type_of(value, function).name for value in light.values if not isinstance(value, Const)
    ]
    holes = [piece.value for piece in pieces if piece.value is not None]
    if len(types) != len(holes):
        raise PatchError("the text of the statement cannot be taken apart")
    kinds = {id(hole): kind for hole, kind in zip(holes, types, strict=True)}
    values: dict[str, str] = {}
    taken = set(_PARAMETER.findall(plain))
    made: list[Piece] = []
    said = ""
    place = 0
    while place < len(pieces):
        piece = pieces[place]
        if piece.value is None:
            end = _open_quote(piece.text)
            if end < 0 or place + 1 == len(pieces):
                made.append(piece)
                said += piece.text
                place += 1
                continue
            said += piece.text[:end]
            place, rest, inner = _quoted(pieces, place, end)
            value = _text_value(project, source, tokens[piece.token].quote, inner, kinds, said)
            name = _named(inner, value, values, taken)
            made.append(replace(piece, text=f"{piece.text[:end]}:{name}"))
            pieces = [*pieces[:place], replace(pieces[place], text=rest), *pieces[place + 1 :]]
            said += "?"
        elif _COMPARED.search(said) and kinds[id(piece.value)] in _NUMBERS and _is_bare(piece.value):
            name = _named([piece], ast.unparse(piece.value.value), values, taken)
            made.append(Piece(piece.token, f":{name}"))
            said += "?"
            place += 1
        elif _is_constant(function, piece.value):
            made.append(piece)
            said += "x"
            place += 1
        else:
            raise PatchError(f"`{piece.text}` may be more than a value: a column, a list or a condition")
    if not values:
        raise PatchError("no value is written into the text")
    return put_together(tokens, made), values


def _open_quote(text: str) -> int:
    """Where the quote stands that a text opens and does not close; -1 where there is none."""
    quoted, opened, mark = False, -1, ""
    for place, character in enumerate(text):
        if character in "'\"" and (not quoted or character == mark):
            quoted, opened, mark = not quoted, place, character
    return opened if quoted and mark == "'" else -1


def _quoted(pieces: list[Piece], place: int, opened: int) -> tuple[int, str, list[Piece]]:
    """What stands between two quotation marks of SQL: where it ends, what follows there, and the pieces within. Raises PatchError."""
    first = pieces[place]
    inner = [replace(first, text=first.text[opened + 1 :])] if first.text[opened + 1 :] else []
    for number in range(place + 1, len(pieces)):
        piece = pieces[number]
        if piece.token != first.token:
            break
        if piece.value is None and "'" in piece.text:
            end = piece.text.index("'")
            if piece.text.startswith("''", end):
                break
            if piece.text[:end]:
                inner.append(replace(piece, text=piece.text[:end]))
            return number, piece.text[end + 1 :], inner
        inner.append(piece)
    raise PatchError("a quoted text of the statement ends in another string")


def _text_value(
    project: Project, source: Source, quote: str, inner: list[Piece], kinds: dict[int, str], said: str
) -> str:
    """The value of a quoted text. Raises PatchError where it may be read as something else than text."""
    is_like = _LIKE.search(said) is not None
    if not is_like and says_anywhere(project, r"\basyncpg\b"):
        raise PatchError(
            "asyncpg takes each value in the type of what it is compared with, which the text does not say"
        )
    (lone, *others) = inner
    if not others and lone.value is not None and _is_bare(lone.value):
        if kinds[id(lone.value)] == "str":
            return ast.unparse(lone.value.value).replace("'", source.quote)
        if not is_like:
            raise PatchError(f"`{lone.text}` stands in quotes, and is not known to be text")
    text = "".join(piece.text for piece in inner)
    if len(quote) > 1:
        quote = source.quote
        if quote in text or "\n" in text or "\\" in text:
            raise PatchError("the quoted text holds quotation marks or line breaks of its own")
    return f"f{quote}{text}{quote}"


def _is_bare(value: ast.FormattedValue) -> bool:
    return value.conversion == -1 and value.format_spec is None


def _is_constant(function: FunctionInfo, value: ast.FormattedValue) -> bool:
    """Whether an expression is a name that the module sets, such as that of a table."""
    return (
        isinstance(value.value, ast.Name)
        and value.value.id not in function.bindings
        and value.value.id in function.module.bindings
        and value.value.id.isupper()
    )


def _named(inner: list[Piece], value: str, values: dict[str, str], taken: set[str]) -> str:
    """The name of a parameter: as the value is called, and the same for the same value."""
    known = next((name for name, other in values.items() if other == value), "")
    if known:
        return known
    first = next(piece.value.value for piece in inner if piece.value is not None)
    wanted = first.attr if isinstance(first, ast.Attribute) else getattr(first, "id", "value")
    name, number = wanted, 2
    while name in taken:
        name, number = f"{wanted}_{number}", number + 1
    taken.add(name)
    values[name] = value
    return name
