"""Writes the Alembic migration that makes indexes or drops them, in the manner of the project's own."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from pitstop.data import FileChange
from pitstop.errors import PatchError
from pitstop.problems.layout import lay_out
from pitstop.project.facts import Assign, Const, Name, Seq
from pitstop.project.model import Module

if TYPE_CHECKING:
    from pitstop.project import Project

_Revisions = dict[str, tuple[Module, tuple[str, ...]]]

_TEMPLATE = '''"""{title}

Revision ID: {revision}
Revises: {parent}
"""

{imports}from alembic import op

{variables}

def upgrade(){returns}:
{create}


def downgrade(){returns}:
{drop}
'''
_DATE = re.compile(r"\d{4}[_-]?\d{2}[_-]?\d{2}([_-]?\d{4,6})?[_-]+")
_NAME_TOKEN = re.compile(r"%\((\w+)\)s")


@dataclass(frozen=True, slots=True)
class Index:
    """Columns of a table that have an index; without a name it is called as SQLAlchemy, or the project's convention, calls it."""

    columns: tuple[str, ...]
    name: str = ""


def migrate(
    project: Project, table: str, indexes: Sequence[Index], length: int, *, drops: bool = False
) -> FileChange | None:
    """The new migration on top of the head; None when the project has no migrations. Raises PatchError on two heads.

    `length` is the line length of the project; `drops` says that the indexes go.
    """
    revisions = _of_table(_revisions(project), table)
    if not revisions:
        return None
    parents = {parent for _, given in revisions.values() for parent in given}
    heads = [name for name in revisions if name not in parents]
    if len(heads) != 1:
        raise PatchError(
            f"the migrations have {len(heads)} heads: {', '.join(sorted(heads)) or 'a cycle'}",
            "Merge them (`alembic merge heads`) and run pitstop again.",
        )
    if any(f"}}{table}" in module.source.text for module, _ in revisions.values()):
        raise PatchError(
            f"the migrations put something before the name `{table}`, which one more would have to do as well",
            "Add the index to the model, and let `alembic revision --autogenerate` write the migration.",
        )
    head = heads[0]
    module = revisions[head][0]
    text = module.source.text
    what = ", ".join(f"{table}.{column}" for index in indexes for column in index.columns[:1])
    title = f"Drop the index of {what}" if drops else f"Index {what}"
    revision = _next(head, f"drop {what}" if drops else what, set(revisions))
    variables, imports = _variables(text, revision, head)
    made, gone = [], []
    for index in indexes:
        name = f'"{index.name}"' if index.name else _index_name(project, table, index.columns[0])
        columns = ", ".join(f'"{column}"' for column in index.columns)
        made += lay_out(f'op.create_index({name}, "{table}", [{columns}])', "    ", "    ", length)
        gone += lay_out(f'op.drop_index({name}, table_name="{table}")', "    ", "    ", length)
    body = _TEMPLATE.format(
        title=title,
        revision=revision,
        parent=head,
        imports=imports,
        variables=variables,
        returns=" -> None" if re.search(r"def upgrade\(\)\s*->\s*None", text) else "",
        create="\n".join(gone if drops else made),
        drop="\n".join(made if drops else gone),
    )
    if "\r\n" in text:
        body = body.replace("\n", "\r\n")
    columns = "_".join(index.columns[0] for index in indexes)
    path = _path(module.path, head, revision, f"{'drop_index' if drops else 'index'}_{table}_{columns}")
    if path in project.index.by_path:
        raise PatchError(f"the migration's file {path} is there already")
    return FileChange(path=path, before=None, after=body)


def index_name(project: Project, table: str, column: str) -> str:
    """What an index of a column is called by SQLAlchemy, or by the project's naming convention for indexes."""
    return _index_name(project, table, column).removeprefix('op.f("').removesuffix('")')


def _of_table(revisions: _Revisions, table: str) -> _Revisions:
    """The migrations of the folder that knows the table, where there are several histories."""
    folders: dict[str, _Revisions] = {}
    for name, (module, parents) in revisions.items():
        folders.setdefault(str(PurePosixPath(module.path).parent), {})[name] = (module, parents)
    if len(folders) < 2:
        return revisions
    if any(
        parent in revisions and parent not in own
        for own in folders.values()
        for _, ps in own.values()
        for parent in ps
    ):
        return revisions
    named = re.compile(rf"[\"']{re.escape(table)}[\"']")
    knowing = [own for own in folders.values() if any(named.search(m.source.text) for m, _ in own.values())]
    if len(knowing) != 1:
        raise PatchError(
            f"there are {len(folders)} folders of migrations ({', '.join(sorted(folders))}), and which of them `{table}` "
            "belongs to cannot be told"
        )
    return knowing[0]


def _index_name(project: Project, table: str, column: str) -> str:
    """The text that names the index: as SQLAlchemy does, or by the project's naming convention for indexes."""
    values = {
        "table_name": table,
        "column_0_name": column,
        "column_0_key": column,
        "column_0_N_name": column,
        "column_0N_name": column,
        "column_0_label": f"{table}_{column}",
    }
    for module in project.index.by_path.values():
        if module.says("naming_convention") or module.says("NAMING_CONVENTION"):
            found = re.search(r"[\"']ix[\"']\s*:\s*[\"']([^\"']+)[\"']", module.source.text)
            if found and set(_NAME_TOKEN.findall(found[1])) <= set(values):
                name = _NAME_TOKEN.sub(lambda token: values[token[1]], found[1])
                return f'op.f("{name}")'
    return f'op.f("ix_{table}_{column}")'


def _path(of_head: str, head: str, revision: str, slug: str) -> str:
    """The new file's path, named as the head's: what stands around its revision stays, the slug is new.

    A date is that of the head, so that the patch is the same one tomorrow.
    """
    before = PurePosixPath(of_head)
    stem = before.stem
    if head in stem:
        prefix, _, rest = stem.partition(head)
        joint = rest[0] if rest[:1] in {"_", "-"} else "_"
        words = slug.replace("_", "-") if joint == "-" and "_" not in rest else slug
        name = f"{prefix}{revision}{joint}{words}"
    elif date := _DATE.match(stem):
        name = f"{date[0]}{slug}"
    elif number := re.match(r"(\D{0,2})(\d{1,5})([_-]+)", stem):
        name = f"{number[1]}{str(int(number[2]) + 1).zfill(len(number[2]))}{number[3]}{slug}"
    else:
        name = f"{revision}_{slug}"
    return str(before.with_name(f"{name}.py"))


def _variables(text: str, revision: str, head: str) -> tuple[str, str]:
    """The module's variables as the other migrations spell them, and the imports that they need."""
    lines: list[str] = []
    imports: dict[str, set[str]] = {}
    for name, value in (
        ("revision", f'"{revision}"'),
        ("down_revision", f'"{head}"'),
        ("branch_labels", "None"),
        ("depends_on", "None"),
    ):
        found = re.search(rf"^{name}([ \t]*:[ \t]*.+?)?[ \t]*=", text, re.MULTILINE)
        if found is None:
            continue
        annotation = found[1] or ""
        lines.append(f"{name}{annotation} = {value}")
        for module, word in (("collections.abc", "Sequence"), ("typing", "Union"), ("typing", "Optional")):
            if re.search(rf"\b{word}\b", annotation):
                source = re.search(rf"^from (\S+) import .*\b{word}\b", text, re.MULTILINE)
                imports.setdefault(source[1] if source else module, set()).add(word)
    unique = [f"from {module} import {', '.join(sorted(imports[module]))}\n" for module in sorted(imports)]
    return "\n".join(lines) + "\n", "".join(unique) + ("\n" if unique else "")


def _next(head: str, seed: str, taken: set[str]) -> str:
    """The new revision: the next number after a number, else twelve digits as Alembic makes them."""
    if head.isdigit() and len(head) < 8:
        return str(int(head) + 1).zfill(len(head))
    found = hashlib.blake2b(f"{head}:{seed}".encode(), digest_size=6).hexdigest()
    return found if found not in taken else _next(f"{head}_", seed, taken)


def _revisions(project: Project) -> _Revisions:
    """All migrations by revision, with the revisions they come after."""
    found: _Revisions = {}
    for module in project.index.by_path.values():
        values = {}
        for statement in module.source.facts.body:
            if isinstance(statement, Assign) and statement.value is not None:
                for target in statement.targets:
                    if isinstance(target, Name) and target.id in {"revision", "down_revision"}:
                        values[target.id] = statement.value
        revision = values.get("revision")
        if "down_revision" in values and isinstance(revision, Const) and isinstance(revision.value, str):
            given = values["down_revision"]
            items = given.items if isinstance(given, Seq) else (given,)
            parents = tuple(i.value for i in items if isinstance(i, Const) and isinstance(i.value, str))
            found[revision.value] = (module, parents)
    return found
