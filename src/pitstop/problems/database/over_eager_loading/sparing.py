"""A query that loads relationships along unless its caller has no use for them, and the callers that say so."""

from __future__ import annotations

import ast
from collections import defaultdict
from typing import TYPE_CHECKING

from pitstop.data import FileChange, Finding, Patch
from pitstop.errors import PatchError
from pitstop.patching.edits import Edit, make_patch
from pitstop.patching.parameters import add_parameter
from pitstop.patching.python import Source
from pitstop.patching.rewrite import last_argument, replace_expression
from pitstop.patching.statements import insert_after, insert_before
from pitstop.problems.chains import is_about_loading, name_of, without_call
from pitstop.problems.database.over_eager_loading.callers import Shared
from pitstop.problems.editing import free_name, open_source, twin_of
from pitstop.problems.layout import one_line, settle

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.project.model import FunctionInfo

_RISK = (
    "Code that reads one of the relationships after all, in a way that reading did not see, gets it by one more statement; under an asynchronous session it "
    "gets an error (`MissingGreenlet`)."
)


def spare(finding: Finding, project: Project, found: Shared) -> Patch:
    """The query with a parameter that says whether to load along, and the calls that give it. Raises PatchError."""
    flag = _flag(found)
    sources: dict[str, Source] = {}
    edits: dict[str, list[Edit]] = defaultdict(list)

    def source_of(function: FunctionInfo) -> Source:
        path = function.module.path
        if path not in sources:
            sources[path] = open_source(project, path)
        return sources[path]

    for function in found.told:
        source = source_of(function)
        if any(parameter.name == flag for parameter in function.node.parameters) or flag in function.bindings:
            raise PatchError(f"`{function.qualname}` has something called `{flag}` already")
        kind: type[ast.FunctionDef | ast.AsyncFunctionDef] = (
            ast.AsyncFunctionDef if function.is_async else ast.FunctionDef
        )
        edits[function.module.path] += _parameter(source, twin_of(source, kind, function.node), flag)
    function = found.load.function
    edits[function.module.path] += _on_demand(source_of(function), found, flag)
    for value, calls in (("False", found.sparing), (flag, found.handing)):
        for caller, site in calls:
            source = source_of(caller)
            call = twin_of(source, ast.Call, site.node)
            if any(keyword.arg is None for keyword in call.keywords):
                raise PatchError(f"{source.path}:{call.lineno}: what the call gives is not written out")
            edits[caller.module.path].append(last_argument(source, call, f"{flag}={value}"))
    changes: list[FileChange] = [settle(source, edits[path]) for path, source in sources.items()]
    *names, last = dict.fromkeys(f"`{each.relation.name}`" for each in found.options if not each.above)
    return make_patch(
        finding,
        f"Load {' and '.join((', '.join(names), last)) if names else last} along only for callers that read {'them' if names else 'it'}",
        changes,
        ("statements", "rows", "duration", "cpu"),
        risk=_RISK,
        validate='Run the tests with `lazy="raise"` on the relationships: who reads them has them loaded. Statements and rows of the other routes fall.',
        rollback="pitstop undo",
    )


def _flag(found: Shared) -> str:
    first = {(each.above or (each,))[0].relation.name for each in found.options}
    return f"with_{first.pop()}" if len(first) == 1 else "with_related"


def _parameter(source: Source, function: ast.FunctionDef | ast.AsyncFunctionDef, flag: str) -> list[Edit]:
    given = function.args
    if function.returns is None and not any(each.annotation for each in given.args):
        raise PatchError(f"`{function.name}` has no annotations, and the new parameter would be the only one")
    return add_parameter(source, function, flag, "bool", "True")


def _on_demand(source: Source, found: Shared, flag: str) -> list[Edit]:
    """The options in an `if`, below the statement that they stood in or above it."""
    options = _options(source, found)
    statement = source.statement(options)
    whole = _whole(source, options, twin_of(source, ast.Call, found.load.query.site.node))
    given = one_line(source.data[source.start(options.args[0]) : source.end(options.args[-1])].decode())
    if given is None:
        raise PatchError(f"{source.path}:{options.lineno}: a comment stands within the options")
    unit = source.indent_unit

    def added(name: str) -> str:
        return f"if {flag}:\n{unit}{name} = {name}.options({given})"

    start, end = source.start(whole), source.end(whole)
    cut = without_call(source, options)
    text = one_line((source.data[start : cut.start] + source.data[cut.end : end]).decode())
    if text is None:
        raise PatchError(f"{source.path}:{options.lineno}: a comment stands within the statement")
    if isinstance(statement, ast.Assign) and statement.value is whole:
        target = statement.targets[0]
        if len(statement.targets) != 1 or not isinstance(target, ast.Name):
            raise PatchError(f"{source.path}:{options.lineno}: the statement gets more than one name")
        plain = f"{target.id} = {text}"
        fits = len(source.indentation(statement)) + len(plain) <= source.line_length
        shorter = source.edit(source.start(statement), source.end(statement), plain)
        return [shorter if fits else cut, *insert_after(source, statement, added(target.id))]
    if not isinstance(statement, ast.Assign | ast.Expr | ast.Return):
        raise PatchError(f"{source.path}:{options.lineno}: the statement is built where it is gone through")
    name = free_name(source, statement, "query", "statement")
    return [
        *insert_before(source, statement, f"{name} = {text}\n{added(name)}"),
        *_named(source, statement, whole, name),
    ]


def _named(
    source: Source, statement: ast.Assign | ast.Expr | ast.Return, whole: ast.expr, name: str
) -> list[Edit]:
    """A statement with a name in place of what it built: on one line, without parentheses that it has no more need of, where that is not too long."""
    value = statement.value
    assert value is not None
    inner = source.data[source.start(value) : source.start(whole)].decode() + name
    line = one_line(inner + source.data[source.end(whole) : source.end(value)].decode().lstrip())
    begin = source.data[source.start(statement) : source.start(value)].decode().rstrip("( \t\r\n")
    text = " ".join(part for part in (begin, line) if part)
    if line is None or len(source.indentation(statement)) + len(text) > source.line_length:
        return replace_expression(source, whole, name)
    return [source.edit(source.start(statement), source.end(statement), text)]


def _options(source: Source, found: Shared) -> ast.Call:
    """The `options(...)` that holds what is loaded along, and nothing else. Raises PatchError."""
    (part,) = found.load.statement.of("options")
    options = twin_of(source, ast.Call, part.call)
    if name_of(options) != "options" or not options.args or not is_about_loading(options):
        raise PatchError(f"{source.path}:{options.lineno}: the options say more than what is loaded along")
    return options


def _whole(source: Source, call: ast.Call, sent: ast.Call) -> ast.expr:
    """The whole statement that a builder call stands in, as it is before a call sends it: `.all()` of a query, where no session is handed it."""
    found: ast.expr = call
    for parent in source.parents(call):
        if parent is sent and isinstance(found, ast.Attribute):
            return found.value
        inner = parent.value if isinstance(parent, ast.Attribute) else getattr(parent, "func", None)
        if inner is not found or not isinstance(parent, ast.Attribute | ast.Call):
            break
        found = parent
    return found
