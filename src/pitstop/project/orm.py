"""SQLAlchemy and SQLModel models as the code declares them: columns, keys, indexes, relationships."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from pitstop.project.backrefs import backrefs
from pitstop.project.cardinality import Side, is_to_many
from pitstop.project.declared import annotation_text, declared, library_table, table_of
from pitstop.project.facts import (
    Assign,
    Attr,
    Call,
    Const,
    Dict,
    Expr,
    ExprStatement,
    IfExp,
    Lambda,
    Sub,
    dotted,
    string,
)
from pitstop.project.indexes import beside, in_table_arguments, of_migrations
from pitstop.project.model import ClassInfo, Module

if TYPE_CHECKING:
    from pitstop.project.index import Index
    from pitstop.project.inference import Inference, Scope

_EAGER = {"selectin", "joined", "subquery", "immediate"}
_COLUMN_CALLS = {"sqlalchemy.orm.mapped_column", "sqlalchemy.Column", "sqlalchemy.orm.column_property"}
_FIELD_CALLS = {"sqlmodel.Field", "sqlmodel.main.Field"}


@dataclass(frozen=True)
class Column:
    """A column of a model. `node` is the assignment that declares it, `owner` the class whose body holds it."""

    name: str
    attribute: str
    node: Assign
    owner: ClassInfo
    type_name: str = ""
    references: str = ""
    """`table.column` of the foreign key."""
    primary_key: bool = False
    unique: bool = False
    index: bool = False


@dataclass(frozen=True)
class Relationship:
    """A relationship of a model."""

    name: str
    model: str
    target: str
    many: bool
    lazy: str
    node: Assign
    owner: ClassInfo

    @property
    def qualname(self) -> str:
        """`Order.items`: what loader options are remembered by."""
        return f"{self.model.rpartition('.')[2]}.{self.name}"


@dataclass
class Model:
    """A mapped class with a table."""

    info: ClassInfo
    table: str
    columns: dict[str, Column] = field(default_factory=dict)
    """By attribute name, inherited ones included."""
    relationships: dict[str, Relationship] = field(default_factory=dict)
    indexes: list[tuple[str, ...]] = field(default_factory=list)
    """Columns of each index, unique constraint and primary key, by column name, in order."""
    partial_indexes: list[tuple[str, ...]] = field(default_factory=list)
    """Columns of those indexes that cover part of the rows only."""

    @property
    def name(self) -> str:
        return self.info.qualname

    def leads_index(self, column: str) -> bool:
        """Whether some index, key or unique constraint starts with the column."""
        return self.serves(column, set())

    def serves(self, column: str, equal: set[str]) -> bool:
        """Whether some index finds rows by the column, given that those in `equal` are compared with a value too."""
        return any(
            column in columns and set(columns[: columns.index(column)]) <= equal for columns in self.indexes
        )


class Models:
    """All models of a project."""

    def __init__(self, index: Index, inference: Inference) -> None:
        self._index = index
        self._inference = inference
        self._relations: dict[str, dict[str, Relationship]] = {}
        self._sides: dict[str, Side] = {}

    @cached_property
    def all(self) -> dict[str, Model]:
        """Models by qualified name of their class."""
        tables = {name: self._table(info) for name, info in self._index.classes.items()}
        found = {
            name: self._model(self._index.classes[name], table) for name, table in tables.items() if table
        }
        by_table = {model.table: model for model in found.values()}
        for table, columns in self._indexed_elsewhere:
            if table in by_table:
                by_table[table].indexes.append(columns)
        return found

    @cached_property
    def by_table(self) -> dict[str, Model]:
        return {model.table: model for model in self.all.values()}

    def relationship(self, model: str, name: str) -> Relationship | None:
        """The relationship `name` of a class, inherited ones included."""
        known = self._relations.get(model)
        if known is None:
            known = self._relations[model] = dict(self._backrefs.get(model, {}))
            for cls in reversed(self._inference.mro(model)):
                for attribute, node in declared(cls):
                    relation = self._relationship(cls, model, attribute, node)
                    if relation is not None:
                        known[attribute] = relation
        return known.get(name)

    @cached_property
    def _backrefs(self) -> dict[str, dict[str, Relationship]]:
        return backrefs(self._index, self._relationship)

    def relationships(self, model: str) -> dict[str, Relationship]:
        """All relationships of a class by name."""
        self.relationship(model, "")
        return self._relations[model]

    def eager(self, model: str, depth: int = 0) -> frozenset[str]:
        """Relationships that the model itself loads with every query, those of its eager targets included."""
        found: set[str] = set()
        for relation in self.relationships(model).values():
            if relation.lazy in _EAGER:
                found.add(relation.qualname)
                if depth < 4 and relation.target:
                    found |= self.eager(relation.target, depth + 1)
        return frozenset(found)

    # --- classes ---------------------------------------------------------------------------------------------------

    def _table(self, info: ClassInfo) -> str:
        for statement in (info.attributes.get("__tablename__"), info.attributes.get("__table__")):
            if statement is not None:
                value = statement.value
                if isinstance(value, Const) and isinstance(value.value, str):
                    return value.value
                if isinstance(value, Call) and value.args:
                    first = value.args[0]
                    if isinstance(first, Const) and isinstance(first.value, str):
                        return first.value
        if any(
            k.name == "table" and isinstance(k.value, Const) and k.value.value is True
            for k in info.node.keywords
        ):
            return info.name.lower()
        for cls in self._inference.mro(info.qualname):
            if "__tablename__" in cls.methods:
                has_columns = any(self._column_call(info, node) for node in info.attributes.values())
                return table_of(info.name, cls.methods["__tablename__"]) if has_columns else ""
        # A type argument names the key's type: `SQLAlchemyBaseUserTable[int]`.
        bases = (b.value if isinstance(b, Sub) else b for b in info.node.bases)
        return library_table(self._inference.type_of(base, info.module).name for base in bases)

    def _column_call(self, info: ClassInfo, node: Assign) -> bool:
        return isinstance(node.value, Call) and self._name(node.value, info.module) in _COLUMN_CALLS

    def _name(self, call: Call, module: Scope) -> str:
        return self._inference.type_of(call.func, module).name

    def _model(self, info: ClassInfo, table: str) -> Model:
        model = Model(info, table)
        is_sqlmodel = any(k.name == "table" for k in info.node.keywords)
        for cls in reversed(self._inference.mro(info.qualname)):
            for attribute, node in declared(cls):
                column = self._column(cls, attribute, node, is_sqlmodel)
                if column is not None:
                    model.columns[attribute] = column
        model.relationships = dict(self.relationships(info.qualname))
        model.indexes.extend(self._keys(model, is_sqlmodel=is_sqlmodel))
        model.indexes.extend((c.name,) for c in model.columns.values() if c.unique or c.index)
        for cls in self._inference.mro(info.qualname):
            arguments, method = cls.attributes.get("__table_args__"), cls.methods.get("__table_args__")
            given = [arguments.value] if arguments is not None else []
            for value in (*given, *(method.returns if method is not None else ())):
                model.indexes += in_table_arguments(self._inference, value, cls.module)
                model.partial_indexes += in_table_arguments(self._inference, value, cls.module, partial=True)
        return model

    def _keys(self, model: Model, *, is_sqlmodel: bool) -> list[tuple[str, ...]]:
        """The primary key, in the order of the table: in each order that the versions of the library give it.

        SQLAlchemy 2 puts a class's own columns before inherited ones; before it, and in SQLModel, those of the base come
        first.
        """
        inherited = [c for c in model.columns.values() if c.primary_key]
        rank = {cls.qualname: n for n, cls in enumerate(self._inference.mro(model.name))}
        own = sorted(inherited, key=lambda c: rank[c.owner.qualname])
        is_classic = any(
            isinstance(c.node.value, Call) and self._name(c.node.value, c.owner.module) == "sqlalchemy.Column"
            for c in inherited
        )
        orders = [inherited] if is_sqlmodel else [own, inherited] if is_classic else [own]
        return list(dict.fromkeys(tuple(c.name for c in order) for order in orders if order))

    # --- columns and relationships -------------------------------------------------------------------------------

    def _column(self, cls: ClassInfo, attribute: str, node: Assign, is_sqlmodel: bool) -> Column | None:
        call = node.value if isinstance(node.value, Call) else None
        made_by = self._name(call, cls.module) if call is not None else ""
        annotated = annotation_text(node.annotation)
        if made_by in _COLUMN_CALLS:
            assert call is not None
            return self._from_call(cls, attribute, node, call, annotated)
        if is_sqlmodel and node.annotation is not None and made_by != "sqlalchemy.orm.relationship":
            if attribute.startswith("__") or annotated.startswith("ClassVar"):
                return None
            if call is not None and made_by in _FIELD_CALLS:
                inner = call.keyword("sa_column")
                if isinstance(inner, Call):
                    return self._from_call(cls, attribute, node, inner, annotated)
                return Column(
                    attribute,
                    attribute,
                    node,
                    cls,
                    annotated,
                    string(call.keyword("foreign_key")),
                    is_true(call.keyword("primary_key")),
                    is_true(call.keyword("unique")),
                    is_true(call.keyword("index")),
                )
            return Column(attribute, attribute, node, cls, annotated)
        if (
            made_by == ""
            and node.value is None
            and annotated.startswith("Mapped[")
            and not self._is_relation(cls, node)
        ):
            return Column(attribute, attribute, node, cls, annotated, *self._shared(node, cls.module))
        return None

    def _shared(self, node: Assign, module: Module) -> tuple[str, bool, bool, bool]:
        """What `Annotated[int, mapped_column(...)]`, behind a name of its own, says of a column."""
        inner = node.annotation.index if isinstance(node.annotation, Sub) else None
        calls = []
        references = ""
        for item, home, _ in self._inference.metadata(inner, module):
            for call in (item.body, item.orelse) if isinstance(item, IfExp) else (item,):
                if isinstance(call, Call):
                    calls.append(call)
                    references = references or self._references(call, home)
        return (
            references,
            any(is_true(call.keyword("primary_key")) for call in calls),
            any(is_true(call.keyword("unique")) for call in calls),
            any(is_true(call.keyword("index")) for call in calls),
        )

    def _references(self, call: Call, module: Scope) -> str:
        for argument in call.args:
            if isinstance(argument, Call) and self._name(argument, module) == "sqlalchemy.ForeignKey":
                return self._reference(argument.argument(0, "column"), module)
        return ""

    def _is_relation(self, cls: ClassInfo, node: Assign) -> bool:
        found = self._inference.annotation(node.annotation, cls.module)
        inner = found.args[0] if found.name == "list" and found.args else found
        return inner.name in self._index.classes and self._table(self._index.classes[inner.name]) != ""

    def _from_call(self, cls: ClassInfo, attribute: str, node: Assign, call: Call, annotated: str) -> Column:
        name, type_name = attribute, annotated
        shared, primary_key, unique, index = self._shared(node, cls.module)
        references = self._references(call, cls.module) or shared
        for position, argument in enumerate(call.args):
            if position == 0 and isinstance(argument, Const) and isinstance(argument.value, str):
                name = argument.value
            elif isinstance(argument, Call):
                made = self._name(argument, cls.module)
                if made != "sqlalchemy.ForeignKey" and not type_name:
                    type_name = made.rpartition(".")[2]
            elif not type_name:
                type_name = dotted(argument).rpartition(".")[2]
        return Column(
            name,
            attribute,
            node,
            cls,
            type_name,
            references,
            primary_key or is_true(call.keyword("primary_key")),
            unique or is_true(call.keyword("unique")),
            index or is_true(call.keyword("index")),
        )

    def _reference(self, expr: Expr | None, scope: Scope) -> str:
        """`table.column`, for a string with or without a schema, and for `Model.column`."""
        text = string(expr)
        if text:
            return ".".join(text.split(".")[-2:])
        if isinstance(expr, Attr):
            info = self._index.classes.get(self._inference.type_of(expr.value, scope).name)
            table = self._table(info) if info is not None else ""
            if table:
                return f"{table}.{expr.attr}"
        return dotted(expr)

    def _relationship(self, cls: ClassInfo, model: str, attribute: str, node: Assign) -> Relationship | None:
        call = node.value
        if not isinstance(call, Call) or self._name(call, cls.module) != "sqlalchemy.orm.relationship":
            return None
        annotated = (
            self._inference.annotation(node.annotation, cls.module) if node.annotation is not None else None
        )
        many = annotated is not None and annotated.name == "list"
        inner = annotated.args[0] if annotated is not None and many and annotated.args else annotated
        target = inner.name if inner is not None and inner.name in self._index.classes else ""
        if not target:
            target = self._class_named(_target_name(call.argument(0, "argument")), cls.module)
        if annotated is None or not (annotated.name and target):
            many = is_to_many(call, attribute, self._side(model), self._side(target))
        lazy = string(call.keyword("lazy")) or "select"
        options = call.keyword("sa_relationship_kwargs")
        if isinstance(options, Dict):
            for key, value in zip(options.keys, options.values, strict=True):
                if string(key) == "lazy":
                    lazy = string(value) or lazy
        return Relationship(attribute, model, target, many, lazy, node, cls)

    def _side(self, name: str) -> Side:
        """One end of a relationship; an empty one where the class is not known."""
        if name not in self._sides:
            family = self._inference.mro(name)
            columns = {
                attribute: column.references
                for cls in reversed(family)
                for attribute, node in declared(cls)
                if (column := self._column(cls, attribute, node, is_sqlmodel=False)) is not None
            }
            names = {n for cls in family for n in (cls.name, self._table(cls)) if n}
            self._sides[name] = Side(frozenset(names), columns)
        return self._sides[name]

    def _class_named(self, name: str, module: Module) -> str:
        last = name.rpartition(".")[2]
        if not last:
            return ""
        found = [info for info in self._index.classes.values() if info.name == last and self._table(info)]
        # A migration may describe tables once more, as they were: those classes are its own.
        found = [info for info in found if info.module is module or "upgrade" not in info.module.bindings]
        near = [info for info in found if info.module is module]
        return (near or found)[0].qualname if len(near or found) == 1 else ""

    # --- indexes outside of the model ----------------------------------------------------------------------------

    @cached_property
    def _indexed_elsewhere(self) -> list[tuple[str, tuple[str, ...]]]:
        """Indexes made by migrations and by `Index(...)` beside the models, as (table, columns)."""
        found = of_migrations(self._index.by_path.values())
        for module in self._index.by_path.values():
            for statement in module.source.facts.body:
                if isinstance(statement, (ExprStatement, Assign)) and isinstance(statement.value, Call):
                    for name, columns in beside(self._inference, statement.value, module):
                        info = self._index.classes.get(name)
                        found.append((self._table(info) if info is not None else "", columns))
        return found


def is_true(expr: Expr | None) -> bool:
    """Whether an expression is the constant `True`."""
    return isinstance(expr, Const) and expr.value is True


def _target_name(expr: Expr | None) -> str:
    if isinstance(expr, Lambda):
        expr = expr.body
    return string(expr) or dotted(expr)
