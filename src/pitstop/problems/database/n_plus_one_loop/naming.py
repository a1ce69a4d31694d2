"""Names of what a batch brings into a function, and the names that its query needs there."""

from __future__ import annotations

import ast
import io
import tokenize

from pitstop.errors import PatchError
from pitstop.patching.edits import Edit
from pitstop.patching.imports import ensure_import
from pitstop.patching.python import Function, Source
from pitstop.problems.database.n_plus_one_loop.batches import Shape
from pitstop.problems.database.n_plus_one_loop.seen import Seen


def names_around(source: Source, statement: ast.stmt) -> set[str]:
    """The names that the function around a statement uses, those that comprehensions keep to themselves left out."""
    function = next((p for p in source.parents(statement) if isinstance(p, Function)), None)
    if function is None:
        raise PatchError("the loop is in no function")
    own: set[int] = set()
    for node in ast.walk(function):
        if isinstance(node, ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp):
            bound = {n.id for g in node.generators for n in ast.walk(g.target) if isinstance(n, ast.Name)}
            own |= {id(n) for n in ast.walk(node) if isinstance(n, ast.Name) and n.id in bound}
    arguments = {a.arg for a in ast.walk(function) if isinstance(a, ast.arg)}
    return {n.id for n in ast.walk(function) if isinstance(n, ast.Name) and id(n) not in own} | arguments


def free(taken: set[str], *wanted: str) -> str:
    """The first of the wanted names that is not taken, which it then is."""
    found = next((name for name in (*wanted, f"all_{wanted[0]}") if name not in taken), wanted[0])
    while found in taken:
        found += "_"
    taken.add(found)
    return found


def snake(name: str) -> str:
    """`pkg.OrderItem` as `order_item`."""
    last = name.rpartition(".")[2]
    return "".join(
        f"_{c.lower()}" if c.isupper() and i and not last[i - 1].isupper() else c.lower()
        for i, c in enumerate(last)
    )


def plural(word: str) -> str:
    """`category` as `categories`."""
    if word.endswith("y") and word[-2:-1] not in "aeiou":
        return word[:-1] + "ies"
    return word + ("es" if word.endswith(("s", "x", "ch", "sh")) else "s")


def quoted(source: Source, line: str) -> str:
    """A line with its strings in the file's own quotes, where that is no more than swapping the marks."""
    if source.quote != '"':
        return line
    parts: list[str] = []
    position = 0
    try:
        for token in tokenize.generate_tokens(io.StringIO(line.strip()).readline):
            text = token.string
            if token.type == tokenize.STRING and text.endswith("'") and not set(text[1:]) & {'"', "\\"}:
                parts += (line.strip()[position : token.start[1]], text.replace("'", '"'))
                position = token.end[1]
    except (tokenize.TokenError, IndentationError):
        pass
    indent = line[: len(line) - len(line.lstrip())]
    return indent + "".join(parts) + line.strip()[position:]


def bring_names(seen: Seen, shape: Shape, edits: list[Edit]) -> None:
    """Import what the callee's module calls by names that the caller's does not know."""
    if seen.home.path == seen.source.path or shape.statement is None:
        return
    for name in sorted({n.id for n in ast.walk(shape.statement) if isinstance(n, ast.Name)}):
        for binding in seen.home.bindings.get(name, ()):
            head, _, last = binding.target.rpartition(".")
            if binding.how == "import" and head:
                imports, local = ensure_import(seen.source, head, last, at=seen.place)
            elif binding.how in {"class", "function", "value"}:
                imports, local = ensure_import(seen.source, seen.home.name, name, at=seen.place)
            else:
                continue
            if local != name:
                raise PatchError(f"`{name}` means something else in {seen.source.path}")
            edits += imports
            break
