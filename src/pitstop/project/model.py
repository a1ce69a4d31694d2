"""The parts of a project: modules, classes, functions, and the types that inference gives to expressions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from pitstop.data import Location
from pitstop.project.facts import (
    Assign,
    Call,
    ClassDef,
    Comp,
    Expr,
    For,
    FunctionDef,
    Import,
    Node,
    Parameter,
    Return,
    Statement,
    Walrus,
    With,
    Yield,
    blocks,
)
from pitstop.project.sites import Site, sites, walk
from pitstop.project.source import SourceFile

Kind = Literal["instance", "class", "function", "module", "external", "coroutine", "typevar", "unknown"]


@dataclass(frozen=True, slots=True)
class Type:
    """What an expression is, as far as reading can tell.

    `external` names something of another package that may be a class, a function or a module. For instances of ORM
    models that came out of a query, `loaded` holds the relationships (`Order.items`) that the query or the model loads
    along, and `origin` the place of the query.
    """

    kind: Kind
    name: str = ""
    args: tuple[Type, ...] = ()
    loaded: frozenset[str] = frozenset()
    origin: tuple[str, int] | None = None

    def __bool__(self) -> bool:
        return self.kind != "unknown"


UNKNOWN = Type("unknown")


def instance(name: str, *args: Type) -> Type:
    """The type of an object of the class `name`."""
    return Type("instance", name, args)


def awaited(found: Type) -> Type:
    """What `await` gives: the result of a coroutine, anything else as it is."""
    return found.args[0] if found.kind == "coroutine" and found.args else found


@dataclass(frozen=True, slots=True)
class Binding:
    """One way a local name gets its value; `value` is read as `how` says."""

    how: Literal["value", "element", "enter", "parameter", "annotation", "import", "function", "class"]
    value: Expr | None = None
    index: tuple[int, ...] = ()
    """Position within an unpacked tuple."""
    parameter: Parameter | None = None
    target: str = ""
    line: int = 0


@dataclass(eq=False)
class Module:
    """One file, and what its names mean."""

    name: str
    path: str
    source: SourceFile
    is_package: bool
    bindings: dict[str, list[Binding]] = field(default_factory=dict)
    stars: list[str] = field(default_factory=list)
    near: dict[str, str] = field(default_factory=dict)
    """Which of several modules a first name means here: the one beside this file, or beside a folder around it."""
    _said: dict[str, bool] = field(default_factory=dict, repr=False)

    def says(self, word: str) -> bool:
        """Whether a word stands anywhere in the file: looked for once, however many functions are asked for it."""
        if word not in self._said:
            self._said[word] = word in self.source.text
        return self._said[word]

    def absolute(self, name: str) -> str:
        """An imported dotted name, as the project as a whole calls it."""
        top, dot, rest = name.partition(".")
        return self.near.get(top, top) + dot + rest

    @cached_property
    def raw_lines(self) -> list[bytes]:
        return self.source.text.encode("utf-8", "surrogatepass").split(b"\n")

    @cached_property
    def sites(self) -> tuple[Site, ...]:
        """Every expression outside of functions and classes, with its surroundings."""
        return tuple(sites(self.source.facts.body))

    def location(self, node: Node, symbol: str = "") -> Location:
        """Where a node stands; columns in characters."""
        line, start, end_line, end = node.span
        return Location(
            path=self.path,
            line=line,
            column=self._characters(line, start) + 1,
            end_line=end_line,
            end_column=self._characters(end_line, end) + 1,
            symbol=symbol,
        )

    def _characters(self, line: int, column: int) -> int:
        if self.source.facts.ascii or line > len(self.raw_lines):
            return column
        return len(self.raw_lines[line - 1][:column].decode("utf-8", "replace"))

    def text(self, node: Node) -> str:
        """The source text of a node."""
        line, start, end_line, end = node.span
        lines = self.raw_lines[line - 1 : end_line]
        if not lines:
            return ""
        lines[-1] = lines[-1][:end]
        lines[0] = lines[0][start:]
        return b"\n".join(lines).decode("utf-8", "replace")


@dataclass(eq=False)
class ClassInfo:
    """A class of the project."""

    qualname: str
    module: Module
    node: ClassDef
    methods: dict[str, FunctionInfo] = field(default_factory=dict)
    attributes: dict[str, Assign] = field(default_factory=dict)
    """Assignments in the class body, by name, the last one."""

    @property
    def name(self) -> str:
        return self.node.name

    @property
    def location(self) -> Location:
        return self.module.location(self.node, self.qualname)


@dataclass(eq=False)
class FunctionInfo:
    """A function or method of the project."""

    qualname: str
    module: Module
    node: FunctionDef
    owner: ClassInfo | None = None
    parent: FunctionInfo | None = None
    nested: dict[str, FunctionInfo] = field(default_factory=dict)
    classes: dict[str, ClassInfo] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.node.name

    @property
    def is_async(self) -> bool:
        return self.node.is_async

    @property
    def location(self) -> Location:
        return self.module.location(self.node, self.qualname)

    def at(self, node: Node) -> Location:
        """The location of a node inside this function."""
        return self.module.location(node, self.qualname)

    @cached_property
    def sites(self) -> tuple[Site, ...]:
        """Every expression of the body with its surroundings; not those of nested functions and classes."""
        return tuple(sites(self.node.body))

    @cached_property
    def calls(self) -> tuple[Site, ...]:
        """Those of `sites` that are calls."""
        # `type(...) is` here and below: this runs for each expression of the project.
        return tuple(site for site in self.sites if type(site.node) is Call)

    @cached_property
    def statements(self) -> tuple[Statement, ...]:
        """Every statement of the body, nested blocks included; not those of nested functions and classes."""
        return tuple(walk(self.node.body))

    @cached_property
    def block_ends(self) -> dict[int, int]:
        """The last line of the block that the statement of each line stands in."""
        found: dict[int, int] = {}
        todo = [self.node.body]
        while todo:
            block = todo.pop()
            if block:
                found |= dict.fromkeys((statement.line for statement in block), block[-1].span[2])
                todo.extend(inner for statement in block for inner in blocks(statement))
        return found

    @cached_property
    def loop_ends(self) -> dict[int, int]:
        """The last line of the body of each `for`, by the identity of what it goes over."""
        loops = (statement for statement in self.statements if isinstance(statement, For))
        return {id(loop.iter): loop.body[-1].span[2] for loop in loops}

    @cached_property
    def returns(self) -> tuple[Expr, ...]:
        """The expressions returned."""
        return tuple(
            statement.value
            for statement in self.statements
            if isinstance(statement, Return) and statement.value is not None
        )

    @cached_property
    def yields(self) -> tuple[Yield, ...]:
        return tuple(site.node for site in self.sites if type(site.node) is Yield)

    @cached_property
    def bindings(self) -> dict[str, list[Binding]]:
        """What each local name is bound to, in order of the text."""
        found: dict[str, list[Binding]] = {}
        for parameter in self.node.parameters:
            found.setdefault(parameter.name, []).append(Binding("parameter", parameter=parameter))
        collect_bindings(self.statements, found, self.module)
        for site in self.sites:
            node = site.node
            if type(node) is Comp:
                for generator in node.generators:
                    bind(generator.target, "element", generator.iter, found, node.line)
            elif type(node) is Walrus:
                bind(node.target, "value", node.value, found, node.line)
        for name in self.nested:
            found.setdefault(name, []).append(Binding("function", target=self.nested[name].qualname))
        for name, local in self.classes.items():
            found.setdefault(name, []).append(Binding("class", target=local.qualname))
        return found


def bind(target: Expr, how: str, value: Expr | None, found: dict[str, list[Binding]], line: int) -> None:
    """Note what the names in an assignment target are bound to."""
    stack: list[tuple[Expr, tuple[int, ...]]] = [(target, ())]
    while stack:
        node, index = stack.pop()
        tag = type(node).__name__
        if tag == "Name":
            binding = Binding(how, value, index, line=line)  # type: ignore[arg-type] # callers pass literals of Binding.how
            found.setdefault(node.id, []).append(binding)  # type: ignore[union-attr] # the tag says it is a Name
        elif tag == "Seq":
            stack.extend((item, (*index, i)) for i, item in enumerate(node.items))  # type: ignore[union-attr] # a Seq


def collect_bindings(
    statements: Iterable[Statement], found: dict[str, list[Binding]], module: Module
) -> None:
    """Note the names that statements bind, those in their blocks left to the caller."""
    for statement in statements:
        match statement:
            case Assign():
                for target in statement.targets:
                    if statement.annotation is not None:
                        bind(target, "annotation", statement.annotation, found, statement.line)
                    if statement.value is not None:
                        bind(target, "value", statement.value, found, statement.line)
            case For():
                bind(statement.target, "element", statement.iter, found, statement.line)
            case With():
                for item in statement.items:
                    if item.target is not None:
                        bind(item.target, "enter", item.context, found, statement.line)
            case Import():
                for name, target_name in imported(statement, module):
                    found.setdefault(name, []).append(
                        Binding("import", target=target_name, line=statement.line)
                    )


def imported(statement: Import, module: Module) -> Iterator[tuple[str, str]]:
    """Local name and dotted target of each name that an import binds; `*` for a star import."""
    if statement.module is None:
        for name in statement.names:
            if name.alias:
                yield name.alias, module.absolute(name.name)
            else:
                top = name.name.split(".")[0]
                yield top, module.absolute(top)
        return
    base = module.absolute(statement.module) if not statement.level else statement.module
    if statement.level:
        parts = module.name.split(".") if module.name else []
        if not module.is_package:
            parts = parts[:-1]
        parts = parts[: len(parts) - (statement.level - 1)]
        base = ".".join([*parts, *([statement.module] if statement.module else [])])
    for name in statement.names:
        yield name.alias or name.name, f"{base}.{name.name}" if name.name != "*" else f"{base}.*"
