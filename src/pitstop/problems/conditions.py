"""Tests that Python makes of a row, as conditions that the database makes: of each row they say the same."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pitstop.errors import PatchError
from pitstop.patching.edits import Edit
from pitstop.patching.imports import ensure_import
from pitstop.patching.python import Source
from pitstop.problems.kinds import ORDERED, Kind, of_column, of_value
from pitstop.project.facts import Expr
from pitstop.project.model import FunctionInfo

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.project.orm import Model

_NEGATED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.Lt: ast.GtE,
    ast.GtE: ast.Lt,
    ast.Gt: ast.LtE,
    ast.LtE: ast.Gt,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
_MIRRORED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.Gt,
    ast.Gt: ast.Lt,
    ast.LtE: ast.GtE,
    ast.GtE: ast.LtE,
}
_SIGNS: dict[type[ast.cmpop], str] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
}
_FORGIVING = ("mysql", "mssql", "mariadb")
"""Databases whose usual collation takes `a` for `A`."""


@dataclass
class Conditions:
    """The tests of a row named `row` as conditions of a statement that calls its model `entity`.

    `at` is where the statement stands: its values have to be there by then. `edits` are the imports that the conditions need.
    """

    project: Project
    source: Source
    function: FunctionInfo
    model: Model
    row: str
    entity: str
    at: ast.expr
    edits: list[Edit] = field(default_factory=list)

    def of(self, tests: list[ast.expr], *, hold: bool = True) -> list[str]:
        """Conditions that all hold for the rows of which all tests hold (or the one does not). Raises PatchError."""
        if self.project.versions.before("sqlalchemy", 1, 4):
            raise PatchError("SQLAlchemy before 1.4 has other names for these conditions")
        return [condition for test in tests for condition in self._all_of(test, hold)]

    def _all_of(self, test: ast.expr, hold: bool) -> list[str]:
        match test:
            case ast.UnaryOp(op=ast.Not()):
                return self._all_of(test.operand, not hold)
            case ast.BoolOp():
                parts = [self._all_of(each, hold) for each in test.values]
                if isinstance(test.op, ast.And) is hold:
                    return [condition for part in parts for condition in part]
                return [self._joined("or_", [self._joined("and_", part) for part in parts])]
            case ast.Compare() if len(test.ops) == 1:
                return [self._compared(test, hold)]
            case ast.Attribute() if self.column(test) is not None:
                return [self._flag(test, hold)]
            case _:
                raise PatchError(f"`{self.source.segment(test)}` is no test that SQL can make of a row")

    def _joined(self, how: str, parts: list[str]) -> str:
        if len(parts) == 1:
            return parts[0]
        edits, local = ensure_import(self.source, "sqlalchemy", how, at=self.at)
        self.edits += edits
        return f"{local}({', '.join(parts)})"

    def column(self, expr: ast.expr) -> Kind | None:
        """What a column of the row holds; None where the expression is none."""
        if isinstance(expr, ast.Attribute) and isinstance(expr.value, ast.Name) and expr.value.id == self.row:
            column = self.model.columns.get(expr.attr)
            return of_column(self.project, column) if column is not None else None
        return None

    def named(self, expr: ast.expr) -> str:
        """A column of the row as one of the statement's."""
        assert isinstance(expr, ast.Attribute)
        return f"{self.entity}.{expr.attr}"

    def _flag(self, test: ast.Attribute, hold: bool) -> str:
        kind = self.column(test)
        if kind is None or kind.name != "bool":
            raise PatchError(f"`{self.source.segment(test)}` is no column of truth values")
        if hold:
            return self.named(test)
        return f"{self.named(test)}.is_not(True)" if kind.nullable else f"~{self.named(test)}"

    def _compared(self, test: ast.Compare, hold: bool) -> str:
        left, right = test.left, test.comparators[0]
        operator = type(test.ops[0]) if hold else _NEGATED[type(test.ops[0])]
        if self.column(left) is None:
            left, right = right, left
            operator = _MIRRORED.get(operator, operator)
            if operator is ast.In:
                raise PatchError(
                    f"`{self.source.segment(test)}` looks into the column, which SQL does otherwise"
                )
        kind = self.column(left)
        if operator is ast.NotIn:
            raise PatchError(
                f"a row with NULL passes `{self.source.segment(test)}` in Python, and none in SQL"
            )
        if kind is None or not kind.name:
            raise PatchError(
                f"the type of the column in `{self.source.segment(test)}` is not known: SQL may compare it otherwise"
            )
        name = self.named(left)
        if operator is ast.In:
            return self._among(test, kind, name, right)
        if isinstance(right, ast.Constant) and (right.value is None or isinstance(right.value, bool)):
            return self._constant(test, kind, name, right.value, operator)
        other = self.column(right)
        value = self.named(right) if other is not None else self.value(right)
        other = other or self._kind(right)
        self._refuse_unlike(test, kind, other, operator)
        if operator is ast.NotEq and (kind.nullable or other.nullable):
            return f"{name}.is_distinct_from({value})"
        if operator is ast.Eq and self.column(right) is not None and kind.nullable and other.nullable:
            return f"{name}.is_not_distinct_from({value})"
        return f"{name} {_SIGNS[operator]} {value}"

    def _constant(
        self, test: ast.Compare, kind: Kind, name: str, value: bool | None, operator: type[ast.cmpop]
    ) -> str:
        is_equal = operator in {ast.Eq, ast.Is}
        if value is None and operator in {ast.Eq, ast.Is, ast.NotEq, ast.IsNot}:
            return f"{name}.is_(None)" if is_equal else f"{name}.is_not(None)"
        if kind.name != "bool" or operator not in {ast.Eq, ast.Is, ast.NotEq, ast.IsNot}:
            raise PatchError(f"`{self.source.segment(test)}` compares values of two types")
        if is_equal:
            return name if value else f"~{name}"
        if kind.nullable:
            return f"{name}.is_not({value})"
        return f"~{name}" if value else name

    def _among(self, test: ast.Compare, kind: Kind, name: str, among: ast.expr) -> str:
        if not isinstance(among, ast.Tuple | ast.List | ast.Set) or not among.elts:
            raise PatchError(f"`{self.source.segment(test)}` does not name the values that it looks among")
        values = []
        for each in among.elts:
            values.append(self.value(each))
            other = self._kind(each)
            if other.nullable:
                raise PatchError(f"`{self.source.segment(each)}` may be None, which `IN` never finds")
            self._refuse_unlike(test, kind, other, ast.Eq)
        return f"{name}.in_([{', '.join(values)}])"

    def _refuse_unlike(self, test: ast.Compare, kind: Kind, other: Kind, operator: type[ast.cmpop]) -> None:
        text = self.source.segment(test)
        if not other.name:
            raise PatchError(f"the type of a value in `{text}` is not known: SQL may compare it otherwise")
        alike = kind.name == other.name or (kind.name in {"float", "decimal"} and other.name == "int")
        if not alike:
            raise PatchError(f"`{text}` compares values of two types, `{kind.name}` and `{other.name}`")
        if operator in {ast.Lt, ast.LtE, ast.Gt, ast.GtE}:
            if kind.name not in ORDERED:
                raise PatchError(f"`{text}`: the database may order these values otherwise, by its collation")
            if other.nullable:
                raise PatchError(f"a value in `{text}` may be None, which no statement can be made of")
        elif kind.name == "str" and any(
            m.says(f"{name}+") or m.says(f"{name}://")
            for m in self.project.index.by_path.values()
            for name in _FORGIVING
        ):
            raise PatchError(f"`{text}`: the database may take capital letters for small ones")

    # --- values ------------------------------------------------------------------------------------------------------

    def _kind(self, value: ast.expr) -> Kind:
        return of_value(self.project, light(self.function, value), self.function)

    def value(self, value: ast.expr) -> str:
        """The text of a value that is the same at the statement as it is at the test. Raises PatchError."""
        text = self.source.segment(value)
        root = value
        while isinstance(root, ast.Attribute):
            root = root.value
        if isinstance(value, ast.Constant):
            return text
        if not isinstance(root, ast.Name) or root.id == self.row:
            raise PatchError(f"`{text}` is worked out anew for each row")
        refuse_later(self.source, self.at, root.id)
        start, last = self.source.start(self.source.statement(self.at)), self.source.end(value)
        for node in ast.walk(function_around(self.source, self.at)):
            if root is value:
                break
            if isinstance(node, ast.Attribute) and not isinstance(node.ctx, ast.Load):
                if node.attr in text.split(".") and start < self.source.start(node) < last:
                    raise PatchError(f"`{text}` may change before the rows are tested")
            elif isinstance(node, ast.arg) and node.arg == root.id:
                written = ast.unparse(node.annotation) if node.annotation is not None else ""
                if "None" in written or "Optional" in written:
                    raise PatchError(
                        f"`{root.id}` may be None, and is not asked as long as there are no rows"
                    )
        return text


def light(function: FunctionInfo, node: ast.expr) -> Expr:
    """The light node of an `ast` node of the function. Raises PatchError."""
    span = (node.lineno, node.col_offset, node.end_lineno, node.end_col_offset)
    for site in function.sites:
        if site.node.span == span:
            return site.node
    raise PatchError("a value of the test could not be found again")


def refuse_later(source: Source, at: ast.expr, name: str) -> None:
    """Raise where a name gets a value after the statement that `at` stands in has begun: there it would have another, or none."""
    start = source.start(source.statement(at))
    for node in ast.walk(function_around(source, at)):
        is_set = isinstance(node, ast.Name) and node.id == name and not isinstance(node.ctx, ast.Load)
        if is_set and isinstance(node, ast.Name) and source.start(node) > start:
            raise PatchError(f"`{name}` gets its value after the statement is made")


def function_around(source: Source, node: ast.AST) -> ast.FunctionDef | ast.AsyncFunctionDef:
    """The function that a node stands in. Raises PatchError."""
    for parent in source.parents(node):
        if isinstance(parent, ast.FunctionDef | ast.AsyncFunctionDef):
            return parent
    raise PatchError("the rows are used outside of any function")
