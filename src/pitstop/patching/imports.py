"""Imports: reused, extended, and put where isort would put them."""

from __future__ import annotations

import ast
import builtins
import itertools
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence

from pitstop.errors import PatchError
from pitstop.patching.edits import Edit
from pitstop.patching.python import Finder, Function, Scope, Source

ImportStatement = ast.Import | ast.ImportFrom

_THIRD_PARTY = 2
_CONTAINERS = ("src", "lib", "backend", "server", "services")


def ensure_import(
    source: Source,
    module: str,
    name: str | None = None,
    alias: str | None = None,
    *,
    at: ast.AST | None = None,
) -> tuple[list[Edit], str]:
    """The edits that make `name` of `module` (or the module itself) usable in a file, and how it is called there.

    An import that binds it already is reused (`from x import a as b` gives `b`, `import x.y as z` gives `z.a`); else a
    `from x import ...` is extended in its own style; else a line is put in its section. `module` may be relative
    (`.models`). `at` is the node where the name will stand: what its functions bind counts as taken, but for what they
    import before all else, and an import below it is not reused. A name that is taken gives way to an alias. Raises PatchError.
    """
    within = _imported_within(source, module, name, at)
    if within and not alias:
        return [], within
    for local in _present(source.tree.body, module, name):
        root = local.partition(".")[0]
        if not (alias and local != alias) and not _shadowed(source, root, at) and _reaches(source, root, at):
            return [], local
    wanted = alias or name or module
    local = _free(source, wanted if name or alias else module.partition(".")[0], module, name, at)
    entry = name or module
    if local != entry.partition(".")[0] or (name is None and alias):
        entry = f"{entry} as {local}"
    usable = local if name or " as " in entry else module
    edit = _extension(source, module, entry, at) if name else None
    if edit is not None:
        return source.checked([edit[0]], edit[1]), usable
    statement = f"from {module} import {entry}" if name else f"import {entry}"
    return _new_line(source, statement, module, is_from=name is not None), usable


def head(source: Source) -> list[ImportStatement]:
    """The imports a module begins with: those before any other statement, TYPE_CHECKING and `try` blocks stepped over."""
    found: list[ImportStatement] = []
    for place, statement in enumerate(source.tree.body):
        if isinstance(statement, ImportStatement):
            found.append(statement)
        elif not (place == 0 and _is_string(statement)) and not isinstance(statement, ast.If | ast.Try):
            break
    return found


def _is_string(statement: ast.stmt) -> bool:
    return (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Constant)
        and isinstance(statement.value.value, str)
    )


def _module_of(statement: ast.ImportFrom) -> str:
    return "." * statement.level + (statement.module or "")


def _imported_within(source: Source, module: str, name: str | None, at: ast.AST | None) -> str:
    """How the name can be written by what a function around `at` begins with importing; empty where none does."""
    if at is None:
        return ""
    scopes = source.scopes(at)
    for place, scope in enumerate(scopes):
        # What is written in a decorator or a default stands outside of the function.
        if not isinstance(scope, Function) or source.statement(at) is scope:
            continue
        begins = scope.body[1:] if _is_string(scope.body[0]) else scope.body
        imports = itertools.takewhile(lambda each: isinstance(each, ImportStatement), begins)
        for written in _present(imports, module, name):
            bound = [each for s in scopes[: place + 1] for each, _ in _bound_in(s)]
            if bound.count(written.partition(".")[0]) == 1:
                return written
    return ""


def _present(statements: Iterable[ast.stmt], module: str, name: str | None) -> Iterator[str]:
    """How the name can be written by what some statements import, of a module's top level or of a function's."""
    for statement in statements:
        if isinstance(statement, ast.ImportFrom) and name and _module_of(statement) == module:
            yield from (each.asname or each.name for each in statement.names if each.name == name)
        elif isinstance(statement, ast.ImportFrom) and "." in module.lstrip("."):
            # `from x import y` followed by `y.a` is the same as `from x.y import a`
            parent, _, child = module.rpartition(".")
            if _module_of(statement) == parent and name is None:
                yield from (each.asname or each.name for each in statement.names if each.name == child)
        elif isinstance(statement, ast.Import):
            for each in statement.names:
                if each.name == module:
                    base = each.asname or each.name
                    yield f"{base}.{name}" if name else base


def _bound_in(scope: Scope) -> Iterator[tuple[str, ast.AST]]:
    """The names a scope binds itself, each with the node that does."""
    if isinstance(scope, Function | ast.Lambda):
        for argument in ast.walk(scope.args):
            if isinstance(argument, ast.arg):
                yield argument.arg, argument
    todo: list[ast.AST] = list(scope.body) if isinstance(scope.body, list) else [scope.body]
    while todo:
        node = todo.pop()
        if isinstance(node, Function | ast.ClassDef):
            yield node.name, node
            todo += node.decorator_list
            continue
        if isinstance(node, ast.Lambda):
            continue
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            yield node.id, node
        elif isinstance(node, ast.alias):
            yield (node.asname or node.name).partition(".")[0], node
        elif isinstance(node, ast.ExceptHandler | ast.MatchAs | ast.MatchStar) and node.name:
            yield node.name, node
        elif isinstance(node, ast.MatchMapping) and node.rest:
            yield node.rest, node
        elif isinstance(node, ast.Global | ast.Nonlocal):
            yield from ((each, node) for each in node.names)
        todo += ast.iter_child_nodes(node)


def _shadowed(source: Source, root: str, at: ast.AST | None) -> bool:
    """Whether an import of `root` is bound to something else as well, in the module or between it and `at`."""
    makers = [node for name, node in _bound_in(source.tree) if name == root]
    if any(not isinstance(node, ast.alias) for node in makers) or len(makers) > 1:
        # several `import x.y` bind one name `x` to the same thing
        statements = [next(source.parents(node)) for node in makers if isinstance(node, ast.alias)]
        if len(statements) != len(makers) or not all(isinstance(each, ast.Import) for each in statements):
            return True
    return _taken_between(source, root, at)


def _taken_between(source: Source, name: str, at: ast.AST | None) -> bool:
    if at is None:
        return False
    around = [scope for scope in source.scopes(at) if not isinstance(scope, ast.Module)]
    return any(bound == name for scope in around for bound, _ in _bound_in(scope))


def _reaches(source: Source, root: str, at: ast.AST | None) -> bool:
    """Whether an import has run by the time `at` runs: at module level, one further down has not."""
    if at is None or any(isinstance(scope, Function | ast.Lambda) for scope in source.scopes(at)):
        return True
    line = source.statement(at).lineno
    return any(name == root and getattr(node, "lineno", line) < line for name, node in _bound_in(source.tree))


def _free(source: Source, wanted: str, module: str, name: str | None, at: ast.AST | None) -> str:
    """A name that nothing else in the file goes by: the wanted one, else one with the package before it."""
    package = re.sub(r"\W", "_", module.strip(".").partition(".")[0]) or "imported"
    candidates = [wanted, f"{package}_{name or 'module'}"]
    candidates += [f"{candidates[1]}_{number}" for number in range(2, 100)]
    bound = {each for each, _ in _bound_in(source.tree)}
    if (
        name is None
        and any(
            isinstance(statement, ast.Import)
            and any(e.name.partition(".")[0] == wanted and not e.asname for e in statement.names)
            for statement in source.tree.body
        )
        and not _shadowed(source, wanted, at)
    ):
        # `import x.y` beside `import x` binds the same name to the same thing
        bound.discard(wanted)
    read = {n.id for n in ast.walk(source.tree) if isinstance(n, ast.Name)}
    stars = any(isinstance(n, ast.ImportFrom) and n.names[0].name == "*" for n in ast.walk(source.tree))
    for candidate in candidates:
        from_elsewhere = candidate in read and (stars or hasattr(builtins, candidate))
        if candidate not in bound and not from_elsewhere and not _taken_between(source, candidate, at):
            return candidate
    raise PatchError(f"{source.path}: no free name is left for {wanted}")


# --- order, as isort and ruff have it --------------------------------------------------------------------------------


def _by_type(name: str) -> tuple[object, ...]:
    kind = 0 if name.isupper() and len(name) > 1 else 1 if name[:1].isupper() else 2
    return kind, name


def _exact(name: str) -> tuple[object, ...]:
    return (name,)


def _folded(name: str) -> tuple[object, ...]:
    return name.lower(), name


_ORDERS: tuple[Callable[[str], tuple[object, ...]], ...] = (_by_type, _folded, _exact)


def _place(names: Sequence[str], new: str) -> int:
    """Where a name belongs among others: by the order they are in, or last where they are in none."""
    for order in _ORDERS:
        keys = [order(name) for name in names]
        if keys == sorted(keys):
            return sum(key < order(new) for key in keys)
    return len(names)


def _section(source: Source, module: str) -> int:
    """0 `__future__`, 1 standard library, 2 third party, 3 the project's own, 4 relative."""
    root = module.partition(".")[0]
    if module.startswith("."):
        return 4
    if module == "__future__":
        return 0
    if root in sys.stdlib_module_names:
        return 1
    parts = source.path.split("/")
    while len(parts) > 1 and parts[0] in _CONTAINERS and root != parts[0]:
        parts = parts[1:]
    return 3 if root == parts[0].removesuffix(".py") else _THIRD_PARTY


def _names(statement: ImportStatement) -> str:
    return _module_of(statement) if isinstance(statement, ast.ImportFrom) else statement.names[0].name


# --- an import that is there, made longer ----------------------------------------------------------------------------


def _extension(
    source: Source, module: str, entry: str, at: ast.AST | None
) -> tuple[Edit, Callable[[ast.Module, Finder], None]] | None:
    """The edit that adds a name to a `from module import ...` of the module's top level, if there is one."""
    in_function = at is None or any(isinstance(s, Function | ast.Lambda) for s in source.scopes(at))
    limit = None if in_function or at is None else source.statement(at).lineno
    froms = [statement for statement in source.tree.body if isinstance(statement, ast.ImportFrom)]
    own = [
        s
        for s in froms
        if _module_of(s) == module and s.names[0].name != "*" and not (limit and s.lineno > limit)
    ]
    has_each_a_line = all(len(s.names) == 1 and source.begins_line(s) for s in froms)
    if own and has_each_a_line and len({_module_of(s) for s in froms}) < len(froms):
        return _line_beside(source, own, module, *entry.partition(" as ")[::2])
    return _with_entry(source, own[0], *entry.partition(" as ")[::2]) if own else None


def _line_beside(
    source: Source, own: list[ast.ImportFrom], module: str, name: str, alias: str
) -> tuple[Edit, Callable[[ast.Module, Finder], None]]:
    """A line of its own among those that import one name each from a module, in a file where all do."""
    place = _place([s.names[0].name for s in own], name)
    beside = own[min(place, len(own) - 1)]
    text = f"from {module} import {f'{name} as {alias}' if alias else name}"

    def intend(tree: ast.Module, twin: Finder) -> None:
        tree.body.insert(tree.body.index(twin(beside)) + (place == len(own)), ast.parse(text).body[0])

    if place < len(own):
        at, put = source.line_start(beside.lineno), text + source.newline
    else:
        at, put = _below(source, beside, text + source.newline)
    return source.edit(at, at, put), intend


def _with_entry(
    source: Source, statement: ast.ImportFrom, name: str, alias: str
) -> tuple[Edit, Callable[[ast.Module, Finder], None]]:
    place = _place([each.name for each in statement.names], name)

    def intend(_tree: ast.Module, twin: Finder) -> None:
        twin(statement).names.insert(place, ast.alias(name, alias or None))

    entry = f"{name} as {alias}" if alias else name
    return _entry_edit(source, statement, entry, place), intend


def _entry_edit(source: Source, statement: ast.ImportFrom, entry: str, place: int) -> Edit:
    names = statement.names
    one_per_line = len({each.lineno for each in names}) == len(names) and all(
        source.begins_line(each) for each in names
    )
    if place < len(names):
        start = source.start(names[place])
        if not one_per_line:
            return source.edit(start, start, f"{entry}, ")
        at = source.line_start(names[place].lineno)
        indent = source.data[at:start].decode()
        return source.edit(at, at, f"{indent}{entry},{source.newline}")
    end = source.end(names[-1])
    if not one_per_line:
        return source.edit(end, end, f", {entry}")
    start = source.start(names[-1])
    indent = source.data[source.line_start(names[-1].lineno) : start].decode()
    comma = re.compile(rb"[ \t]*,").match(source.data, end)
    if comma is None:
        return source.edit(end, end, f",{source.newline}{indent}{entry}")
    at = source.line_start(source.line_of(comma.end()) + 1)
    return source.edit(at, at, f"{indent}{entry},{source.newline}")


# --- a new import ----------------------------------------------------------------------------------------------------


def _new_line(source: Source, text: str, module: str, *, is_from: bool) -> list[Edit]:
    newline = source.newline
    imports = head(source)
    section = _section(source, module)

    def rank(statement: ImportStatement) -> tuple[int, bool, str]:
        name = _names(statement)
        return _section(source, name), isinstance(statement, ast.ImportFrom), name.lower().lstrip(".")

    mine = (section, is_from, module.lower().lstrip("."))
    peers = [each for each in imports if rank(each)[0] == section]
    if section == _THIRD_PARTY:
        # Packages of the project's own that lie beside this one look like others', and stand in a paragraph below theirs.
        end = next(
            (n for n in range(1, len(peers)) if _is_parted(source, peers[n - 1], peers[n])), len(peers)
        )
        peers = peers[:end]
    if peers:
        kin = [each for each in peers if rank(each)[1] == is_from]
        in_order = [rank(each) for each in kin] == sorted(rank(each) for each in kin)
        lower = [each for each in peers if rank(each) < mine] if in_order else kin
        if not lower:
            at = source.line_start(source.line_of(source.start(peers[0])))
            return _checked_line(source, at, text + newline, text)
        return _checked_line(source, *_below(source, lower[-1], text + newline), text)
    earlier = [each for each in imports if rank(each)[0] < section]
    if earlier:
        at, put = _below(source, earlier[-1], newline + text + newline)
        return _checked_line(source, at, put if _blank(source, at) else put + newline, text)
    if imports:
        at = source.line_start(source.line_of(source.start(imports[0])))
        return _checked_line(source, at, text + newline * 2, text)
    return _first_import(source, text)


def _is_parted(source: Source, one: ast.stmt, other: ast.stmt) -> bool:
    first, last = source.line_of(source.end(one)) + 1, source.line_of(source.start(other))
    return any(not source.line(number).strip() for number in range(first, last))


def _below(source: Source, statement: ast.stmt, put: str) -> tuple[int, str]:
    """Where the line under a statement begins, and what to put there if the file ends without a line's end."""
    at = source.line_start(source.line_of(source.end(statement)) + 1)
    if at == len(source.data) and not source.data.endswith((b"\n", b"\r")):
        return at, source.newline + put.removesuffix(source.newline)
    return at, put


def _blank(source: Source, at: int) -> bool:
    return at >= len(source.data) or not source.line(source.line_of(at)).strip()


def _first_import(source: Source, text: str) -> list[Edit]:
    """An import in a file that begins with none: after the docstring, or the comments at the top."""
    newline, body = source.newline, source.tree.body
    if body and _is_string(body[0]):
        at, put = _below(source, body[0], newline + text + newline)
        return _checked_line(source, at, put if _blank(source, at) else put + newline, text)
    number = 1
    while source.line(number).startswith(b"#") and number < source.data.count(b"\n"):
        number += 1
    at = source.line_start(number)
    if number > 1 and _blank(source, at):
        at = source.line_start(number + 1)
    first = body[0] if body else None
    apart = newline * (3 if isinstance(first, Function | ast.ClassDef) else 2 if first else 1)
    if _blank(source, at):
        apart = newline
    return _checked_line(source, at, text + apart, text)


def _checked_line(source: Source, at: int, put: str, text: str) -> list[Edit]:
    new = ast.parse(text).body[0]

    def intend(tree: ast.Module, _twin: Finder) -> None:
        tree.body.insert(sum(source.start(each) < at for each in source.tree.body), new)

    return source.checked([source.edit(at, at, put)], intend)


# --- an import that nothing needs any more ---------------------------------------------------------------------------
