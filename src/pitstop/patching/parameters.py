"""One more parameter of a function, in the layout of those that it has."""

from __future__ import annotations

import ast

from pitstop.errors import PatchError
from pitstop.patching.edits import Edit
from pitstop.patching.python import Finder, Function, Source, parse_expression


def add_parameter(
    source: Source, function: Function, name: str, annotation: str, default: str = ""
) -> list[Edit]:
    """Another parameter: the last one if it has a default, else after the others that have none.

    Where a function takes some by keyword alone, it takes one with a default so, too. Raises PatchError where the function takes whatever it is given or
    parameters by position alone, and where a comment is in the way.
    """
    given = function.args
    by_keyword = bool(given.kwonlyargs and default)
    if given.posonlyargs or given.vararg or given.kwarg or (given.kwonlyargs and not default):
        raise PatchError(
            f"{source.path}:{function.lineno}: the parameters of `{function.name}` cannot be changed safely"
        )
    text = f"{name}: {annotation}" + (f" = {default}" if default else "")
    place = len(given.args) - (0 if default else len(given.defaults))

    def intend(_tree: ast.Module, twin: Finder) -> None:
        own = twin(function).args
        new = ast.arg(name, parse_expression(annotation))
        if by_keyword:
            own.kwonlyargs.append(new)
            own.kw_defaults.append(parse_expression(default))
            return
        own.args.insert(place, new)
        own.defaults += [parse_expression(default)] if default else []

    if not given.args and not given.kwonlyargs:
        return source.checked([_alone(source, function, text)], intend)
    return source.checked([_among(source, function, place, text)], intend)


def _alone(source: Source, function: Function, text: str) -> Edit:
    opening = source.data.index(b"(", source.own_start(function))
    closing = source.data.index(b")", opening)
    if source.data[opening + 1 : closing].strip():
        raise _in_the_way(source, function)
    return source.edit(opening + 1, closing, text)


def _among(source: Source, function: Function, place: int, text: str) -> Edit:
    """The edit for a function that has parameters: each on its own line stays so, those that share one share it if they can."""
    spans = _spans(source, function)
    if function.args.kwonlyargs:
        place = len(spans)
    lines = [source.line_of(start) for start, _ in spans]
    begins = not source.data[source.line_start(lines[0]) : spans[0][0]].strip()
    if begins and len(set(lines)) == len(lines):
        return _on_its_line(source, function, spans, place, text)
    if (
        begins
        and len(set(lines)) == 1
        and len(source.line_text(lines[0]).rstrip()) + len(text) + 2 > source.line_length
    ):
        if b"#" in source.line(lines[0]):
            raise _in_the_way(source, function)
        texts = [source.data[start:end].decode() for start, end in spans]
        texts.insert(place, text)
        indent = f",{source.newline}{_margin(source, spans[0][0])}"
        comma = "" if source.data[spans[-1][1] :].lstrip().startswith(b",") else ","
        return source.edit(spans[0][0], spans[-1][1], indent.join(texts) + comma)
    if place < len(spans):
        return source.edit(spans[place][0], spans[place][0], f"{text}, ")
    return source.edit(spans[-1][1], spans[-1][1], f", {text}")


def _spans(source: Source, function: Function) -> list[tuple[int, int]]:
    """Where each parameter stands, and the `*` before those that are given by keyword alone."""
    given = function.args
    defaults: list[ast.expr | None] = [None] * (len(given.args) - len(given.defaults))
    found = [
        (source.start(each), source.end(default if default is not None else each))
        for each, default in zip(
            [*given.args, *given.kwonlyargs], [*defaults, *given.defaults, *given.kw_defaults], strict=True
        )
    ]
    if given.kwonlyargs:
        star = source.data.rindex(b"*", 0, found[len(given.args)][0])
        found.insert(len(given.args), (star, star + 1))
    return found


def _on_its_line(
    source: Source, function: Function, spans: list[tuple[int, int]], place: int, text: str
) -> Edit:
    margin = _margin(source, spans[0][0])
    if place < len(spans):
        at = source.line_start(source.line_of(spans[place][0]))
        return source.edit(at, at, f"{margin}{text},{source.newline}")
    end = spans[-1][1]
    below = source.line_start(source.line_of(end) + 1)
    rest = source.data[end:below]
    if rest.lstrip().startswith(b","):
        return source.edit(below, below, f"{margin}{text},{source.newline}")
    if rest.strip():
        raise _in_the_way(source, function)
    return source.edit(end, end, f",{source.newline}{margin}{text}")


def _margin(source: Source, at: int) -> str:
    return source.data[source.line_start(source.line_of(at)) : at].decode()


def _in_the_way(source: Source, function: Function) -> PatchError:
    return PatchError(
        f"{source.path}:{function.lineno}: the parameters of `{function.name}` are laid out in a way that cannot be kept"
    )
