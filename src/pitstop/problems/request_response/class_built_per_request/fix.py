"""Builds a validator, a model or a template engine once, when the module is loaded; or keeps what a function gives."""

from __future__ import annotations

import ast
import builtins
import re
import tokenize
from typing import TYPE_CHECKING

from pitstop.data import FileChange, Finding, Patch
from pitstop.errors import PatchError
from pitstop.patching.edits import Edit, make_patch
from pitstop.patching.imports import ensure_import
from pitstop.patching.python import Source
from pitstop.patching.rewrite import decorate
from pitstop.problems.editing import node_at, open_source
from pitstop.problems.hoisting import above, instead, known_above, refuse_other_meaning, top_level
from pitstop.problems.layout import settle

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.project.model import Module

_WORD = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_LISTS = {"list", "List", "set", "Set", "frozenset", "Sequence", "Iterable"}
_AROUND = {"None", "Annotated", "Optional", "Union", "dict", "Dict", "tuple", "Tuple"}
_ENGINES = {"Environment", "SandboxedEnvironment", "ImmutableSandboxedEnvironment", "NativeEnvironment"}
_RENDERS = {"get_template", "select_template", "get_or_select_template", "from_string", "TemplateResponse"}
_CHANGES = re.compile(r"\.(?:filters|globals|tests|policies|extensions|add_extension|loader|env)\b")
_LONGEST = 40


def propose(finding: Finding, project: Project) -> Patch:
    """What is built, once for all requests. Raises PatchError."""
    source = open_source(project, finding.location.path)
    module = project.index.by_path[finding.location.path]
    calls = []
    for place in (finding.location, *finding.places):
        try:
            calls.append(node_at(source, ast.Call, place))
        except PatchError:
            raise PatchError(
                "the class is written out inside of the function, and may use what is there"
            ) from None
    kinds = {_last(call) for call in calls}
    if "model_json_schema" in kinds:
        raise PatchError("the schema is a dict, and whoever gets it may change it")
    kept = _kept(project, module, source, calls[0]) if len(calls) == 1 else None
    return make_patch(
        finding,
        f"Build {', '.join(sorted(kinds))} once in {finding.location.path}",
        (kept or _hoisted(project, module, source, calls),),
        ("cpu", "duration"),
        risk="It is built as the module is loaded, so a mistake in it shows as the service starts, and no longer at the first request. All requests share "
        "it.",
        validate="Answers are the same, for valid and for invalid requests.",
        rollback="pitstop undo",
    )


def _last(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


# --- a constant of the module ---------------------------------------------------------------------------------------


def _hoisted(project: Project, module: Module, source: Source, calls: list[ast.Call]) -> FileChange:
    edits: list[Edit] = []
    made: dict[str, str] = {}
    taken = {n.id for n in ast.walk(source.tree) if isinstance(n, ast.Name)} | set(module.bindings)
    for call in calls:
        _refuse_texts(call)
        _refuse_changes(source, call)
        _refuse_comments(source, call)
        top = top_level(source, call)
        refuse_other_meaning(project, module, source, call, top)
        text = ast.dump(call)
        name = made.get(text) or known_above(source, call, top)
        if not name:
            name = _name(call)
            if name in taken:
                raise PatchError(f"`{name}`, as which it could be kept, means something else already")
            taken.add(name)
            edits.append(above(source, top, f"{name} = {_dedented(source, call)}"))
        made[text] = name
        edits += instead(source, call, name)
    return settle(source, edits)


def _dedented(source: Source, call: ast.Call) -> str:
    """The text of a call as it stands at no indentation."""
    first, *others = source.segment(call).split("\n")
    lines = {number for number in source.string_lines if call.lineno < number <= (call.end_lineno or 0)}
    if lines:
        raise PatchError("it holds a text of several lines")
    indent = source.indentation(source.statement(call))
    return "\n".join([first, *(line.removeprefix(indent) for line in others)])


def _refuse_comments(source: Source, call: ast.Call) -> None:
    """Raise where a comment speaks of what is built: it would have to move as well."""
    statement = source.statement(call)
    first, last = source.line_of(source.start(call)), source.line_of(source.end(call))
    above_it = isinstance(statement, ast.Assign) and statement.value is call and first > 1
    if any(
        token.type == tokenize.COMMENT
        and (first <= token.start[0] <= last or (above_it and token.start[0] == first - 1))
        for token in source.tokens
    ):
        raise PatchError("a comment speaks of it where it stands")


def _refuse_texts(call: ast.Call) -> None:
    """Raise where a type is named by a text, which is looked up where the call stands."""
    if _last(call) != "TypeAdapter":
        return
    literal = {
        id(inner)
        for node in ast.walk(call)
        if isinstance(node, ast.Subscript) and ast.unparse(node.value).endswith("Literal")
        for inner in ast.walk(node.slice)
    }
    for node in ast.walk(call):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in literal:
            raise PatchError("a type in it is named by a text, which may be looked up in the function")


def _refuse_changes(source: Source, call: ast.Call) -> None:
    """Raise where an engine may be changed after it was built: the change would be for all requests."""
    if _last(call) not in {*_ENGINES, "Jinja2Templates"}:
        return
    statement = source.statement(call)
    around = next(source.parents(call))
    if isinstance(around, ast.Attribute) and around.attr in _RENDERS:
        return
    if isinstance(statement, ast.Assign) and statement.value is call and len(statement.targets) == 1:
        target = statement.targets[0]
        scope = source.scopes(call)[0]
        uses = [
            n
            for n in ast.walk(scope)
            if isinstance(n, ast.Name) and n is not target and n.id == getattr(target, "id", "")
        ]
        parents = [next(source.parents(n)) for n in uses]
        if uses and all(isinstance(p, ast.Attribute) and p.attr in _RENDERS for p in parents):
            return
    raise PatchError("the engine is changed or handed on after it was built")


def _name(call: ast.Call) -> str:
    """What the constant is called: `READINGS_ADAPTER` for `TypeAdapter(list[Reading])`."""
    last = _last(call)
    given = call.args[0] if call.args else None
    if last == "create_model":
        if not isinstance(given, ast.Constant) or not str(given.value).isidentifier():
            raise PatchError("the model has a name that is worked out")
        return str(given.value)
    if last != "TypeAdapter" or given is None:
        return "TEMPLATES"
    outer = ast.unparse(given.value) if isinstance(given, ast.Subscript) else ""
    inner = given.slice if isinstance(given, ast.Subscript) and outer.rpartition(".")[2] in _LISTS else given
    words = [w for w in re.findall(r"[A-Za-z_]\w*(?!\w*\.)", ast.unparse(inner)) if w not in _AROUND]
    name = "_".join(_WORD.sub("_", word).upper() for word in words)
    if inner is not given:
        name = re.sub(r"(?<=[^AEIOU])Y$", "IE", name)
        name += "ES" if name.endswith(("S", "X", "CH", "SH")) else "S"
    return f"{name}_ADAPTER" if len(name) <= _LONGEST else "ADAPTER"


# --- a function that gives it ---------------------------------------------------------------------------------------


def _kept(project: Project, module: Module, source: Source, call: ast.Call) -> FileChange | None:
    """The function under a cache, where an engine is all that it is for; None where it is for more."""
    function = next(source.parents(source.statement(call)))
    if (
        _last(call) not in _ENGINES
        or not isinstance(function, ast.FunctionDef)
        or function not in source.tree.body
    ):
        return None
    returned = function.body[-1]
    if (
        not isinstance(returned, ast.Return)
        or returned.value is None
        or any(ast.iter_child_nodes(function.args))
    ):
        return None
    statement = source.statement(call)
    name = statement.targets[0] if isinstance(statement, ast.Assign) and len(statement.targets) == 1 else None
    gives = returned.value is call or (
        isinstance(name, ast.Name) and isinstance(returned.value, ast.Name) and returned.value.id == name.id
    )
    if not gives or sum(isinstance(n, ast.Return) for n in ast.walk(function)) > 1:
        return None
    if function.decorator_list:
        raise PatchError(f"`{function.name}` is decorated")
    _refuse_state(project, module, source, function)
    info = project.index.functions.get(f"{module.name}.{function.name}")
    for other in project.functions:
        if (
            info is not None
            and other is not info
            and any(e.target is info for e in project.calls.edges(other))
        ):
            start, _, end, _ = other.node.span
            text = "\n".join(other.module.source.text.splitlines()[start - 1 : end])
            if _CHANGES.search(text):
                raise PatchError(f"`{other.name}` may change what `{function.name}` gives it")
    imports, cached = ensure_import(source, "functools", "lru_cache")
    return settle(source, [*imports, *decorate(source, function, cached)])


def _refuse_state(project: Project, module: Module, source: Source, function: ast.FunctionDef) -> None:
    """Raise where the engine is made of more than functions, classes, constants and what its own package has."""
    own = {
        (each.asname or each.name).partition(".")[0]
        for statement in source.tree.body
        if isinstance(statement, ast.Import | ast.ImportFrom)
        for each in statement.names
        if (getattr(statement, "module", None) or each.name).partition(".")[0] == "jinja2"
    }
    names = [n for statement in function.body for n in ast.walk(statement) if isinstance(n, ast.Name)]
    local = {n.id for n in names if isinstance(n.ctx, ast.Store)}
    for name in names:
        found = project.index.member(module, name.id)
        if (
            name.id not in own | local
            and not hasattr(builtins, name.id)
            and (found is None or found.how not in {"function", "class"})
        ):
            raise PatchError(
                f"`{function.name}` makes it of `{name.id}`, which may have another value next time"
            )
    for call in (n for statement in function.body for n in ast.walk(statement) if isinstance(n, ast.Call)):
        root: ast.expr = call.func
        while isinstance(root, ast.Attribute):
            root = root.value
        if not isinstance(root, ast.Name) or root.id not in own | local:
            raise PatchError(f"`{function.name}` does more than to build it: `{ast.unparse(call.func)}`")
