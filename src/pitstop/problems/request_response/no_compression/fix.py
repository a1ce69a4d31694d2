"""Adds Starlette's GZip middleware inside of all others of an app."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from pitstop.data import Finding, Meant, Patch
from pitstop.errors import PatchError
from pitstop.patching.edits import make_patch
from pitstop.patching.imports import ensure_import
from pitstop.patching.python import Source
from pitstop.patching.statements import insert_after
from pitstop.problems.editing import node_at, open_source
from pitstop.problems.layout import settle

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.project.middleware import Middleware

_BODIES = re.compile(r"\bbody_iterator\b|http\.response\.body|\bresponse\.body\b")
_EVENTS = re.compile(r"text/event-stream|\bEventSourceResponse\b")
_LEAVES_EVENTS = {"starlette": (0, 46), "fastapi": (0, 115, 10)}
"""From which versions on Starlette's middleware leaves server-sent events alone, and FastAPI goes with such a Starlette: before, it kept
events back until some were together. By the metadata of FastAPI 0.115.9, which asks for `starlette<0.46.0`, and of 0.115.10."""
_ARGUMENTS = "minimum_size=1000, compresslevel=4"


def add(finding: Finding, project: Project) -> Patch:
    """The middleware, added where the app is made: those added after stand outside of it. Raises PatchError."""
    _refuse(project)
    source = open_source(project, finding.location.path)
    call = node_at(source, ast.Call, finding.location)
    if any(keyword.arg == "middleware" for keyword in call.keywords):
        raise PatchError(
            "the app is handed its middleware as a list",
            f"Put `Middleware(GZipMiddleware, {_ARGUMENTS})` last in it, so that all others stand outside.",
        )
    statement = source.statement(call)
    imported, name = ensure_import(source, _module(source), "GZipMiddleware", at=call)
    line = f"{_named(source, statement, call)}.add_middleware({name}, {_ARGUMENTS})\n"
    return make_patch(
        finding,
        "Compress answers of 1 kB and more",
        (settle(source, [*imported, *insert_after(source, statement, line)]),),
        ("bytes",),
        meant=Meant(compressed=True),
        risk="Answers carry content-encoding, vary, and another content-length; what stores them must keep the first two. A stranger's text and a secret in "
        "one answer can be guessed from its length (BREACH): leave such routes out. Before Starlette 1.5 pieces of a stream are kept back until "
        "some are together.",
        validate="curl -s -H 'Accept-Encoding: gzip' -o /dev/null -w '%{size_download}', with and without the header.",
        rollback="pitstop undo",
    )


def _refuse(project: Project) -> None:
    """Raise where compressed answers would break what is there."""
    for middleware in project.middleware.all:
        if _BODIES.search(_text(project, middleware)):
            raise PatchError(
                f"`{middleware.last_name}` looks at the bodies of answers, and would find them compressed",
                "Add GZipMiddleware after it, so that it stands outside.",
            )
    if any(project.versions.before(name, *version) for name, version in _LEAVES_EVENTS.items()):
        for module in project.index.by_path.values():
            if _EVENTS.search(module.source.text):
                raise PatchError(
                    f"{module.path} sends events, which this version of Starlette would keep back",
                    "Starlette 0.46 and newer leaves server-sent events alone.",
                )


def _text(project: Project, middleware: Middleware) -> str:
    cls = project.index.classes.get(middleware.name)
    if cls is not None:
        return cls.module.text(cls.node)
    function = middleware.function
    return function.module.text(function.node) if function is not None else ""


def _module(source: Source) -> str:
    """Where the file has its middleware from: FastAPI hands on Starlette's."""
    modules = [s.module or "" for s in source.tree.body if isinstance(s, ast.ImportFrom) and not s.level]
    theirs = any(module.startswith("starlette.middleware") for module in modules)
    ours = any(module.startswith("fastapi.middleware") for module in modules)
    return f"{'starlette' if theirs and not ours else 'fastapi'}.middleware.gzip"


def _named(source: Source, statement: ast.stmt, call: ast.Call) -> str:
    """How the app is written after the statement that makes it. Raises PatchError."""
    targets = statement.targets if isinstance(statement, ast.Assign) else []
    if isinstance(statement, ast.AnnAssign):
        targets = [statement.target]
    if (
        not isinstance(statement, ast.Assign | ast.AnnAssign)
        or statement.value is not call
        or len(targets) != 1
        or not isinstance(targets[0], ast.Name | ast.Attribute)
    ):
        raise PatchError("the app gets no name by a statement of its own")
    return source.segment(targets[0])
