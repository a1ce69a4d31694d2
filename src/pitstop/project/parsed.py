"""Files that are read and parsed anew whenever a function runs, though it is the same file each time and nothing of the project writes it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pitstop.project.blocking import leads_on
from pitstop.project.calls import Calls, Reach
from pitstop.project.constancy import Rebound, is_settings
from pitstop.project.edges import Edge
from pitstop.project.facts import (
    Assign,
    Attr,
    Aug,
    Call,
    Const,
    Expr,
    ExprStatement,
    Lambda,
    Name,
    Op,
    Other,
    Seq,
    Sub,
    children,
    dotted,
    string,
)
from pitstop.project.index import Index
from pitstop.project.inference import Inference
from pitstop.project.lifetimes import outlives
from pitstop.project.model import FunctionInfo
from pitstop.project.sites import Site
from pitstop.project.traits import is_memoised

_PARSERS = {
    "configparser.ConfigParser.read",
    "csv.DictReader",
    "csv.reader",
    "json.load",
    "json.loads",
    "msgspec.json.decode",
    "msgspec.toml.decode",
    "msgspec.yaml.decode",
    "orjson.loads",
    "pickle.load",
    "pickle.loads",
    "rtoml.load",
    "rtoml.loads",
    "toml.load",
    "toml.loads",
    "tomli.load",
    "tomli.loads",
    "tomllib.load",
    "tomllib.loads",
    "ujson.load",
    "ujson.loads",
    "xml.etree.ElementTree.fromstring",
    "xml.etree.ElementTree.parse",
    "yaml.full_load",
    "yaml.load",
    "yaml.safe_load",
}
_OPENERS = {"builtins.open", "io.open"}
_READERS = {"pathlib.Path.read_text", "pathlib.Path.read_bytes"}
_OWN = {*_READERS, "pathlib.Path.open"}
_PATHS = {
    "builtins.str",
    "os.path.abspath",
    "os.path.dirname",
    "os.path.join",
    "os.path.realpath",
    "pathlib.Path",
    "pathlib.PurePath",
}
"""What makes a path of paths, the same each time."""
_OF_PATHS = {"absolute", "expanduser", "joinpath", "resolve", "with_name", "with_suffix"}
_LOOKS = {"exists", "is_file", "isfile"}
_CHANGING = {"environ", "getenv", "getmtime", "now", "stat", "st_mtime", "time", "today", "utcnow"}
"""Names in a function that may give something else each time: the clock, the environment, when a file was changed."""
_LOGS = ("log", "logger", "logging", "LOG", "_log", "self.log", "warnings")
_DEEP = 4


@dataclass(frozen=True, slots=True)
class Parsed:
    """One call of `function`, on the way of a request, that reads and parses a file that is the same each time.

    `reader` is what is called; `file` is the file as it is written there: a name, or a string.
    """

    function: FunctionInfo
    site: Site
    reader: FunctionInfo
    way: tuple[FunctionInfo, ...]
    """From `reader` to the function that opens the file, both included."""
    file: str
    reach: Reach


class ParsedFiles:
    """Where files that stay the same are parsed for requests, and nothing keeps what was read."""

    def __init__(self, index: Index, types: Inference, calls: Calls, rebound: Rebound) -> None:
        self._index = index
        self._types = types
        self._calls = calls
        self._rebound = rebound
        self.found: dict[int, Parsed] = {id(each.site.node): each for each in self._find()}
        """By the identity of the call's node."""

    def _find(self) -> Iterator[Parsed]:
        for function in self._index.functions.values():
            read = self._read(function)
            if read is not None:
                yield from self._from(function, read, (function,))

    def _read(self, function: FunctionInfo) -> Expr | None:
        """The path of the one file that a plain function opens to parse it, and does little else with."""
        if not _is_plain(function):
            return None
        names = {id(site): self._name(site, function) for site in function.calls}
        if _PARSERS.isdisjoint(names.values()):
            return None
        opened = [site for site in function.calls if names[id(site)] in _OPENERS or names[id(site)] in _OWN]
        if len(opened) != 1 or opened[0].loops or not _only_reads(opened[0], names[id(opened[0])]):
            return None
        call = opened[0].node
        assert isinstance(call, Call)
        if names[id(opened[0])] in _OPENERS:
            return call.argument(0, "file")
        return call.func.value if isinstance(call.func, Attr) else None

    def _from(self, reader: FunctionInfo, path: Expr, way: tuple[FunctionInfo, ...]) -> Iterator[Parsed]:
        """The calls of `reader` by which the file is known, or those of whoever hands its name on."""
        if len(way) > _DEEP or not all(self._is_steady(each) for each in way):
            return
        calls = [
            (function, edge)
            for function in self._index.functions.values()
            for edge in self._calls.edges(function)
            if edge.target is reader
        ]
        if not calls or not all(leads_on(edge) for _, edge in calls):
            return
        given = [(function, edge, self._given(path, reader, edge)) for function, edge in calls]
        if any(each is None for *_, each in given):
            return
        if all(
            _is_plain(function) and not self._stays(each, function) and function not in way
            for function, _, each in given
        ):
            for function, _, each in given:
                assert each is not None
                yield from self._from(function, each, (function, *way))
            return
        if not all(
            self._is_same(edge, function) and self._stays(each, function) for function, edge, each in given
        ):
            return
        for function, edge, each in given:
            assert each is not None
            file = _called((_local(each, function) or each) if isinstance(each, Name) else each)
            reach = self._calls.reach(function, edge.site)
            if reach is None or any(is_memoised(f) for f in (function, *(s.function for s in reach.path))):
                continue
            if (
                file
                and not outlives(function, edge.site.node)
                and not self._is_written(file, way, edge.site.node)
            ):
                yield Parsed(function, edge.site, reader, way, file, reach)

    def _given(self, path: Expr, reader: FunctionInfo, edge: Edge) -> Expr | None:
        """What stands for the path where the reader is called: the argument, or the path itself if it hangs on no parameter."""
        names = {parameter.name for parameter in reader.node.parameters}
        path = (_local(path, reader) or path) if isinstance(path, Name) else path
        if not names & _names(path):
            return path if self._stays(path, reader) else None
        call = edge.site.node
        if not isinstance(path, Name) or not isinstance(call, Call):
            return None
        taken = [p.name for p in reader.node.parameters]
        if reader.owner is not None and taken and not _is_static(reader):
            taken = taken[1:]
        return call.argument(taken.index(path.id), path.id) if path.id in taken else None

    def _is_same(self, edge: Edge, function: FunctionInfo) -> bool:
        """Whether a call hands over the same each time."""
        call = edge.site.node
        if not isinstance(call, Call):
            return False
        given = (*call.args, *(keyword.value for keyword in call.keywords))
        return all(self._stays(each, function) for each in given)

    def _stays(self, expr: Expr | None, function: FunctionInfo) -> bool:
        """Whether an expression is the same whenever the function runs: constants, names of modules, settings, paths of these."""
        match expr:
            case Const():
                return True
            case Name():
                if expr.id in function.bindings:
                    value = _local(expr, function)
                    return value is not None and self._stays(value, function)
                if expr.id in self._rebound.names:
                    return False
                bound = function.module.bindings.get(expr.id, ())
                return (
                    len(bound) == 1 and bound[0].how in {"value", "import", "annotation"}
                ) or expr.id == "__file__"
            case Attr(attr=attr) if attr in self._rebound.attributes:
                return False
            case Attr():
                owner = self._types.type_of(expr.value, function)
                if owner.kind == "instance" and is_settings(self._types, owner.name):
                    return True
                return self._stays(expr.value, function)
            case Op():
                return all(self._stays(each, function) for each in expr.operands)
            case Call():
                made = self._types.type_of(expr.func, function).name in _PATHS
                steady = isinstance(expr.func, Attr) and expr.func.attr in _OF_PATHS
                inner = (*expr.args, *([expr.func.value] if steady and isinstance(expr.func, Attr) else ()))
                return (made or steady) and not expr.keywords and all(self._stays(i, function) for i in inner)
        return False

    def _is_steady(self, function: FunctionInfo) -> bool:
        """Whether nothing that a function does may come out otherwise another time, but for the file."""
        if not _is_plain(function) or is_memoised(function) or not function.returns or _reaches_out(function):
            return False
        for site in function.sites:
            node = site.node
            last = node.attr if isinstance(node, Attr) else node.id if isinstance(node, Name) else ""
            if last in _CHANGING or isinstance(node, Lambda):
                return False
        return not any(sink.known.category not in {"", "file"} for sink in self._calls.sinks(function))

    def _is_written(self, file: str, way: tuple[FunctionInfo, ...], reading: Expr) -> bool:
        """Whether anything else of the project uses a file of this name for more than to look whether it is there."""
        for function in self._index.functions.values():
            if function in way or not function.module.says(file):
                continue
            for site in function.calls:
                call = site.node
                if call is reading:
                    continue
                assert isinstance(call, Call)
                used = (*call.args, *(k.value for k in call.keywords), call.func)
                looks = dotted(call.func).rpartition(".")[2] in _LOOKS
                if not looks and any(file in _words(each) for each in used):
                    return True
        return False

    def _name(self, site: Site, function: FunctionInfo) -> str:
        func = site.node.func if isinstance(site.node, Call) else None
        known = self._types.type_of(func, function).name
        if known or not isinstance(func, Attr) or f"pathlib.Path.{func.attr}" not in _OWN:
            return known
        # A path made of others by `/` and `.parent` is one, too.
        made = (_local(func.value, function) or func.value) if isinstance(func.value, Name) else func.value
        is_path = any(
            isinstance(each, Call) and self._types.type_of(each.func, function).name == "pathlib.Path"
            for each in _within(made)
        )
        return f"pathlib.Path.{func.attr}" if is_path else ""


def _is_plain(function: FunctionInfo) -> bool:
    return (
        not function.is_async
        and not function.yields
        and function.parent is None
        and function.name != "__init__"
    )


def _reaches_out(function: FunctionInfo) -> bool:
    """Whether a function changes something that it did not make: its result is not all that it is called for then."""
    for statement in function.statements:
        match statement:
            case Assign():
                targets: tuple[Expr, ...] = statement.targets
            case Aug():
                targets = (statement.target,)
            case ExprStatement(value=Call() as call) if not dotted(call.func).startswith(_LOGS):
                targets = (call.func,)
            case Other(kind="Global" | "Nonlocal"):
                return True
            case _:
                continue
        if any(not _is_own(target, function) for target in targets):
            return True
    return False


def _is_own(target: Expr, function: FunctionInfo) -> bool:
    """Whether what a function changes is a name of its own, or something that it made itself."""
    root = target
    while isinstance(root, (Attr, Sub)):
        root = root.value
    if not isinstance(root, Name):
        return isinstance(root, Seq)
    return any(bound.how != "parameter" for bound in function.bindings.get(root.id, ()))


def _local(name: Name, function: FunctionInfo) -> Expr | None:
    """What a local name stands for, where it is given one value, and that before it is known by itself."""
    bound = function.bindings.get(name.id, ())
    if len(bound) != 1 or bound[0].how != "value" or bound[0].index or bound[0].value is None:
        return None
    return None if name.id in _names(bound[0].value) else bound[0].value


def _is_static(function: FunctionInfo) -> bool:
    return any(dotted(each) == "staticmethod" for each in function.node.decorators)


def _only_reads(site: Site, name: str) -> bool:
    call = site.node
    assert isinstance(call, Call)
    if name in _READERS:
        return True
    mode = call.argument(1 if name in _OPENERS else 0, "mode")
    return mode is None or (isinstance(mode, Const) and set(str(mode.value)) <= set("rbtU"))


def _within(expr: Expr) -> Iterator[Expr]:
    stack = [expr]
    while stack:
        current = stack.pop()
        yield current
        stack.extend(children(current))


def _names(expr: Expr) -> set[str]:
    return {each.id for each in _within(expr) if isinstance(each, Name)}


def _words(expr: Expr) -> Iterator[str]:
    """The names, attributes and strings of an expression."""
    for each in _within(expr):
        yield each.id if isinstance(each, Name) else each.attr if isinstance(each, Attr) else string(each)


def _called(path: Expr) -> str:
    """By what a file is known: the last string of its path, the name of a constant, of a setting."""
    if isinstance(path, Attr):
        return path.attr
    if isinstance(path, Name):
        return path.id
    strings = [word for word in _words(path) if "." in word]
    return strings[-1] if strings else ""
