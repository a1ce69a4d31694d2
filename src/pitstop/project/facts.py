"""The light tree of `extract.py`, typed. The order of the fields is the order of the items there."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec


class Node(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Anything with a place in the source; `at` packs line, column and their ends (see `span`)."""

    at: int

    @property
    def line(self) -> int:
        """First line, from 1."""
        return self.at >> 40

    @property
    def span(self) -> tuple[int, int, int, int]:
        """Line, column, end line, end column; lines from 1, columns in UTF-8 bytes from 0, as in `ast`."""
        line = self.at >> 40
        return line, (self.at >> 28) & 0xFFF, line + ((self.at >> 12) & 0xFFFF), self.at & 0xFFF


class Name(Node, frozen=True, array_like=True, gc=False, tag="n"):
    id: str


class Attr(Node, frozen=True, array_like=True, gc=False, tag="a"):
    value: Expr
    attr: str


class Keyword(msgspec.Struct, frozen=True, array_like=True, gc=False):
    name: str | None
    value: Expr


class Call(Node, frozen=True, array_like=True, gc=False, tag="c"):
    func: Expr
    args: tuple[Expr, ...]
    keywords: tuple[Keyword, ...]

    def keyword(self, name: str) -> Expr | None:
        """The value given to a keyword argument."""
        return next((k.value for k in self.keywords if k.name == name), None)

    def argument(self, position: int, name: str) -> Expr | None:
        """The value given by position or by name."""
        if position < len(self.args):
            return self.args[position]
        return self.keyword(name)


class Await(Node, frozen=True, array_like=True, gc=False, tag="w"):
    value: Expr


class Const(Node, frozen=True, array_like=True, gc=False, tag="k"):
    kind: str
    value: str | int | float | bool | None


class Format(Node, frozen=True, array_like=True, gc=False, tag="f"):
    values: tuple[Expr, ...]


class Sub(Node, frozen=True, array_like=True, gc=False, tag="s"):
    value: Expr
    index: Expr


class Seq(Node, frozen=True, array_like=True, gc=False, tag="l"):
    kind: str
    items: tuple[Expr, ...]


class Dict(Node, frozen=True, array_like=True, gc=False, tag="d"):
    keys: tuple[Expr | None, ...]
    values: tuple[Expr, ...]


class Op(Node, frozen=True, array_like=True, gc=False, tag="o"):
    op: str
    operands: tuple[Expr, ...]


class Parameter(msgspec.Struct, frozen=True, array_like=True, gc=False):
    name: str
    kind: str
    annotation: Expr | None
    default: Expr | None


class Lambda(Node, frozen=True, array_like=True, gc=False, tag="y"):
    parameters: tuple[Parameter, ...]
    body: Expr


class Generator(msgspec.Struct, frozen=True, array_like=True, gc=False):
    target: Expr
    iter: Expr
    ifs: tuple[Expr, ...]
    is_async: bool


class Comp(Node, frozen=True, array_like=True, gc=False, tag="g"):
    kind: str
    elements: tuple[Expr, ...]
    generators: tuple[Generator, ...]


class Star(Node, frozen=True, array_like=True, gc=False, tag="*"):
    value: Expr


class IfExp(Node, frozen=True, array_like=True, gc=False, tag="i"):
    test: Expr
    body: Expr
    orelse: Expr


class Walrus(Node, frozen=True, array_like=True, gc=False, tag=":"):
    target: Expr
    value: Expr


class Yield(Node, frozen=True, array_like=True, gc=False, tag="Y"):
    value: Expr | None
    delegates: bool


class OtherExpr(Node, frozen=True, array_like=True, gc=False, tag="x"):
    children: tuple[Expr, ...]


Expr = (
    Name
    | Attr
    | Call
    | Await
    | Const
    | Format
    | Sub
    | Seq
    | Dict
    | Op
    | Lambda
    | Comp
    | Star
    | IfExp
    | Walrus
    | Yield
    | OtherExpr
)


class ExprStatement(Node, frozen=True, array_like=True, gc=False, tag="Expr"):
    value: Expr


class Assign(Node, frozen=True, array_like=True, gc=False, tag="Assign"):
    targets: tuple[Expr, ...]
    value: Expr | None
    annotation: Expr | None


class Aug(Node, frozen=True, array_like=True, gc=False, tag="Aug"):
    target: Expr
    op: str
    value: Expr


class Return(Node, frozen=True, array_like=True, gc=False, tag="Return"):
    value: Expr | None


class For(Node, frozen=True, array_like=True, gc=False, tag="For"):
    target: Expr
    iter: Expr
    body: tuple[Statement, ...]
    orelse: tuple[Statement, ...]
    is_async: bool


class While(Node, frozen=True, array_like=True, gc=False, tag="While"):
    test: Expr
    body: tuple[Statement, ...]
    orelse: tuple[Statement, ...]


class If(Node, frozen=True, array_like=True, gc=False, tag="If"):
    test: Expr
    body: tuple[Statement, ...]
    orelse: tuple[Statement, ...]


class WithItem(msgspec.Struct, frozen=True, array_like=True, gc=False):
    context: Expr
    target: Expr | None


class With(Node, frozen=True, array_like=True, gc=False, tag="With"):
    items: tuple[WithItem, ...]
    body: tuple[Statement, ...]
    is_async: bool


class Handler(msgspec.Struct, frozen=True, array_like=True, gc=False):
    type: Expr | None
    name: str | None
    body: tuple[Statement, ...]


class Try(Node, frozen=True, array_like=True, gc=False, tag="Try"):
    body: tuple[Statement, ...]
    handlers: tuple[Handler, ...]
    orelse: tuple[Statement, ...]
    final: tuple[Statement, ...]


class Raise(Node, frozen=True, array_like=True, gc=False, tag="Raise"):
    value: Expr | None


class FunctionDef(Node, frozen=True, array_like=True, gc=False, tag="Def"):
    name: str
    is_async: bool
    parameters: tuple[Parameter, ...]
    returns: Expr | None
    decorators: tuple[Expr, ...]
    body: tuple[Statement, ...]


class ClassDef(Node, frozen=True, array_like=True, gc=False, tag="Class"):
    name: str
    bases: tuple[Expr, ...]
    keywords: tuple[Keyword, ...]
    decorators: tuple[Expr, ...]
    body: tuple[Statement, ...]


class ImportedName(msgspec.Struct, frozen=True, array_like=True, gc=False):
    name: str
    alias: str | None


class Import(Node, frozen=True, array_like=True, gc=False, tag="Import"):
    module: str | None
    """None for `import x`."""
    level: int
    names: tuple[ImportedName, ...]


class Other(Node, frozen=True, array_like=True, gc=False, tag="Other"):
    kind: str
    expressions: tuple[Expr, ...]
    blocks: tuple[tuple[Statement, ...], ...]


Statement = (
    ExprStatement
    | Assign
    | Aug
    | Return
    | For
    | While
    | If
    | With
    | Try
    | Raise
    | FunctionDef
    | ClassDef
    | Import
    | Other
)


class Ignore(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A comment `# pitstop: ignore[name, ...]`; `alone` when it stands on a line of its own."""

    line: int
    alone: bool
    names: tuple[str, ...]


class ModuleFacts(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """All that is kept of one file."""

    format: int
    lines: int
    ascii: bool
    ignores: tuple[Ignore, ...]
    body: tuple[Statement, ...]


def blocks(statement: Statement) -> tuple[tuple[Statement, ...], ...]:
    """The statement lists directly inside a statement, in order; functions and classes keep theirs to themselves."""
    match statement:
        case For() | While() | If():
            return (statement.body, statement.orelse)
        case With():
            return (statement.body,)
        case Try():
            return (statement.body, *(h.body for h in statement.handlers), statement.orelse, statement.final)
        case Other():
            return statement.blocks
        case _:
            return ()


def expressions(statement: Statement) -> Iterator[Expr]:
    """The expressions directly in a statement, in the order of evaluation; not those in its blocks."""
    match statement:
        case ExprStatement():
            yield statement.value
        case Assign():
            if statement.value is not None:
                yield statement.value
            yield from statement.targets
        case Aug():
            yield statement.target
            yield statement.value
        case Return() | Raise():
            if statement.value is not None:
                yield statement.value
        case For():
            yield statement.iter
            yield statement.target
        case While() | If():
            yield statement.test
        case With():
            for item in statement.items:
                yield item.context
                if item.target is not None:
                    yield item.target
        case Try():
            for handler in statement.handlers:
                if handler.type is not None:
                    yield handler.type
        case FunctionDef():
            yield from statement.decorators
            for parameter in statement.parameters:
                if parameter.default is not None:
                    yield parameter.default
        case ClassDef():
            yield from statement.decorators
            yield from statement.bases
        case Other():
            yield from statement.expressions
        case Import():
            return


def children(expr: Expr) -> tuple[Expr, ...]:
    """The expressions directly inside an expression; comprehensions and lambdas are left to the caller."""
    match expr:
        case Call():
            return (expr.func, *expr.args, *[k.value for k in expr.keywords])
        case Attr() | Await() | Star() | Walrus():
            return (expr.value,)
        case Format():
            return expr.values
        case Sub():
            return (expr.value, expr.index)
        case Seq():
            return expr.items
        case Dict():
            return (*(k for k in expr.keys if k is not None), *expr.values)
        case Op():
            return expr.operands
        case IfExp():
            return (expr.test, expr.body, expr.orelse)
        case Yield():
            return () if expr.value is None else (expr.value,)
        case OtherExpr():
            return expr.children
        case _:
            return ()


def dotted(expr: Expr | None) -> str:
    """`a.b.c` for names and attributes, `""` for anything else."""
    parts: list[str] = []
    while isinstance(expr, Attr):
        parts.append(expr.attr)
        expr = expr.value
    if not isinstance(expr, Name):
        return ""
    parts.append(expr.id)
    return ".".join(reversed(parts))


def string(expr: Expr | None) -> str:
    """The value of a string constant, `""` for anything else."""
    return expr.value if isinstance(expr, Const) and isinstance(expr.value, str) else ""
