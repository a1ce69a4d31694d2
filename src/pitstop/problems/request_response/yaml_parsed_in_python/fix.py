"""Asks PyYAML for the loader in C."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from pitstop.data import FileChange, Finding, Location, Patch
from pitstop.errors import PatchError
from pitstop.patching.edits import Edit, make_patch
from pitstop.patching.imports import ensure_import
from pitstop.patching.python import Function, Source
from pitstop.patching.rewrite import last_argument
from pitstop.problems.editing import node_at, open_source, without_dead_import
from pitstop.problems.layout import settle

if TYPE_CHECKING:
    from pitstop.project import Project

_TAUGHT = re.compile(r"\b(add_(?:multi_)?constructor|add_(?:implicit|path)_resolver|YAMLObject)\b")
_FULL = "full_"


def propose(finding: Finding, project: Project) -> Patch:
    """`yaml.load(..., Loader=yaml.CSafeLoader)` at each place of the finding. Raises PatchError."""
    _refuse_taught(project)
    places = (finding.location, *finding.places)
    return make_patch(
        finding,
        "Read YAML with the loader in C",
        [
            _change(project, path, [p for p in places if p.path == path])
            for path in dict.fromkeys(p.path for p in places)
        ],
        ("blocked_ms", "cpu", "duration"),
        risk="A PyYAML that was built without libyaml has no such loader. Messages of mistakes in a document differ in their words.",
        validate="Read the largest document that there is with both loaders and compare.",
        rollback="pitstop undo",
    )


def _refuse_taught(project: Project) -> None:
    """Raise where the loaders in Python were taught what those in C would not know."""
    for module in project.index.by_path.values():
        found = _TAUGHT.search(module.source.text) if module.says("yaml") else None
        if found:
            raise PatchError(
                f"{module.path} teaches its loaders with `{found[1]}`: those in C would have to be taught too"
            )


def _change(project: Project, path: str, places: list[Location]) -> FileChange:
    source = open_source(project, path)
    edits: list[Edit] = []
    less: list[str] = []
    for place in places:
        call = node_at(source, ast.Call, place)
        _refuse_told(source, call)
        edits += _loaded(source, call, less)
    return without_dead_import(settle(source, edits), *dict.fromkeys(less))


def _loaded(source: Source, call: ast.Call, less: list[str]) -> list[Edit]:
    """The edits of one call; what they may leave unused goes to `less`."""
    given = next((k.value for k in call.keywords if k.arg == "Loader"), None)
    given = given or (call.args[1] if len(call.args) > 1 else None)
    if given is not None:
        imports, loader = _named(source, given, f"C{_last(given)}", less)
        return [*imports, source.edit(source.start(given), source.end(given), loader)]
    method = _last(call.func)
    kind = "CFullLoader" if method.startswith(_FULL) else "CSafeLoader"
    imports, loader = _named(source, call.func, kind, less)
    more, function = _named(source, call.func, method.partition("_")[2], less)
    return [
        *imports,
        *more,
        source.edit(source.start(call.func), source.end(call.func), function),
        last_argument(source, call, f"Loader={loader}"),
    ]


def _last(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def _named(source: Source, node: ast.expr, name: str, less: list[str]) -> tuple[list[Edit], str]:
    """How something else of the module that a name comes from is written, with its import where that is one of names."""
    if isinstance(node, ast.Attribute):
        return [], f"{source.segment(node.value)}.{name}"
    less.append(source.segment(node))
    return ensure_import(source, "yaml", name, at=node)


def _refuse_told(source: Source, call: ast.Call) -> None:
    """Raise where what is wrong with a document is told in the loader's words."""
    for parent in source.parents(call):
        if isinstance(parent, ast.Try):
            for handler in parent.handlers:
                told = (n for s in handler.body for n in ast.walk(s) if isinstance(n, ast.Raise | ast.Return))
                for statement in told:
                    if any(isinstance(n, ast.Name) and n.id == handler.name for n in ast.walk(statement)):
                        raise PatchError(
                            "what is wrong with a document is told in the loader's words, and those of the one in C are others"
                        )
        if isinstance(parent, Function):
            return
