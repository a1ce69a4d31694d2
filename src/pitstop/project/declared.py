"""What the body of a model's class says, before it is known what it means: attributes, annotations, keys by name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pitstop.project.facts import Assign, Attr, Call, Const, Expr, Format, Name, Op, Sub, dotted, string
from pitstop.project.model import ClassInfo, FunctionInfo

_TABLES = {
    "SQLAlchemyBaseAccessTokenTable": "accesstoken",
    "SQLAlchemyBaseOAuthAccountTable": "oauth_account",
    "SQLAlchemyBaseUserTable": "user",
}
"""fastapi-users 10 to 15 (fastapi_users_db_sqlalchemy 4 to 7): `__tablename__` of each base class."""


def declared(cls: ClassInfo) -> Iterator[tuple[str, Assign]]:
    """Attributes of a class body; a method under `@declared_attr` stands for what it returns."""
    yield from cls.attributes.items()
    for name, method in cls.methods.items():
        if (
            any(dotted(d).split(".")[-1] == "declared_attr" for d in method.node.decorators)
            and method.returns
        ):
            yield name, Assign(method.node.at, (), method.returns[0], method.node.returns)


def table_of(name: str, method: FunctionInfo) -> str:
    """The table of a class of this name by its `__tablename__` method: by what it returns, else in the usual way."""
    returned = method.returns[0] if len(method.returns) == 1 else None
    return (_text_of(returned, name) if returned is not None else "") or _snake(name)


def _text_of(expr: Expr, name: str) -> str:
    """The text that an expression of the class's name makes: `cls.__name__.lower() + "s"`; nothing where that is not seen."""
    match expr:
        case Attr() if expr.attr == "__name__":
            return name
        case Const():
            return string(expr)
        case Call() if isinstance(expr.func, Attr) and expr.func.attr == "lower" and not expr.args:
            return _text_of(expr.func.value, name).lower()
        case Op() if expr.op == "Add":
            parts = [_text_of(part, name) for part in expr.operands]
        case Format():
            parts = [_text_of(part, name) for part in expr.values]
        case _:
            return ""
    return "".join(parts) if all(parts) else ""


def _snake(name: str) -> str:
    return "".join(f"_{c.lower()}" if c.isupper() and i else c.lower() for i, c in enumerate(name))


def library_table(bases: Iterable[str]) -> str:
    """The table that a base class of another package names, by the canonical names of the direct bases."""
    for base in bases:
        package, _, name = base.rpartition(".")
        if package.startswith("fastapi_users_db_sqlalchemy"):
            return _TABLES.get(name.removesuffix("UUID"), "")
    return ""


def annotation_text(expr: Expr | None) -> str:
    """An annotation as `Name[Inner]`, without the packages that it is imported from."""
    if isinstance(expr, Sub):
        return f"{dotted(expr.value).rpartition('.')[2]}[{annotation_text(expr.index)}]"
    if isinstance(expr, Const):
        return str(expr.value)
    if expr is not None and hasattr(expr, "operands"):
        return " | ".join(annotation_text(o) for o in expr.operands)
    return dotted(expr) if isinstance(expr, (Name, Attr)) else ""
