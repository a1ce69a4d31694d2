"""A class with a `dispatch` method as pure ASGI middleware.

What follows `response = await call_next(request)` ran when the answer began, before its body was sent; so it goes where the
`http.response.start` message is handed on. All else keeps its place.
"""

from __future__ import annotations

import ast
import re
import tokenize
from dataclasses import dataclass, field

from pitstop.errors import PatchError
from pitstop.patching.edits import Edit
from pitstop.patching.moving import first_line
from pitstop.patching.python import Source
from pitstop.problems.middleware.base_http_middleware.limits import (
    PARTS,
    gives_back,
    is_text,
    refuse_names,
    refuse_reading,
    refuse_try,
    returns,
)

_OWN = {"scope", "receive", "send", "message", "send_wrapper"}
"""The names that the translation brings along."""
_KEEPS_APP = {"super().__init__(app)", "super().__init__(app=app)"}


@dataclass
class Translated:
    """A class in its new form, and the types that it needs: `starlette.types` and others."""

    text: str
    request: str
    request_type: str
    """The class of the request as the method has named it; empty where it named none."""
    uses_request: bool
    uses_headers: bool
    uses_message: bool
    handed: list[ast.Call] = field(default_factory=list)


def translate(text: str, base: str = "BaseHTTPMiddleware", unit: str = "    ") -> Translated:
    """The class of a text that begins with it. Raises PatchError with what stands in the way."""
    return _Translation(text, base, unit).made()


class _Translation:
    def __init__(self, text: str, base: str, unit: str) -> None:
        self.source = Source("<class>", text)
        (self.cls,) = (s for s in self.source.tree.body if isinstance(s, ast.ClassDef))
        self.unit = unit
        self.base = base
        methods = [s for s in self.cls.body if isinstance(s, ast.AsyncFunctionDef) and s.name == "dispatch"]
        if len(methods) != 1 or methods[0].decorator_list:
            raise PatchError("its `dispatch` is decorated, or no coroutine function of the class itself")
        self.method = methods[0]
        arguments = self.method.args
        names = [a.arg for a in (*arguments.posonlyargs, *arguments.args)]
        if (
            len(names) != 3
            or arguments.vararg
            or arguments.kwarg
            or arguments.kwonlyargs
            or arguments.defaults
            or names[0] != "self"
        ):
            raise PatchError("its `dispatch` takes other parameters")
        self.request, self.call_next = names[1], names[2]
        self.edits: list[Edit] = []
        self.uses_headers = self.uses_message = False

    def made(self) -> Translated:
        self._refuse()
        self._class_head()
        handled: set[int] = set()
        for call in self._calls():
            statement = self._around(call)
            if isinstance(statement, ast.Return):
                self._passed_on(statement)
            else:
                handled |= self._answered(statement)
            handled.add(id(statement))
        for node in self._own(self.method):
            if isinstance(node, ast.Return) and id(node) not in handled:
                self._refused(node)
        self._signature()
        text = self.source.apply(self.edits).text
        annotation = self.method.args.args[1].annotation
        return Translated(
            text,
            request=self.request,
            request_type=ast.unparse(annotation) if isinstance(annotation, ast.Name | ast.Attribute) else "",
            uses_request=self._uses_request(),
            uses_headers=self.uses_headers,
            uses_message=self.uses_message,
            handed=self._handed(),
        )

    # --- what stands in the way -------------------------------------------------------------------------------------

    def _refuse(self) -> None:
        used = {n.id for n in ast.walk(self.cls) if isinstance(n, ast.Name)}
        used |= {n.arg for n in ast.walk(self.cls) if isinstance(n, ast.arg)} - {"scope", "receive", "send"}
        taken = sorted(used & _OWN)
        if taken:
            raise PatchError(f"it has a name `{taken[0]}` of its own")
        told = f"{ast.get_docstring(self.method)} {ast.get_docstring(self.cls)}"
        if re.search(rf"\b(?:{self.call_next}|dispatch)\b", told):
            raise PatchError(f"its docstring tells of `{self.call_next}` or `dispatch`")
        if any(isinstance(n, ast.Name) and n.id == "super" for n in ast.walk(self.method)):
            raise PatchError("its `dispatch` calls that of another class")
        for node in ast.walk(self.method):
            if isinstance(node, ast.Name) and node.id == self.request:
                refuse_reading(self.source, node)

    def _handed(self) -> list[ast.Call]:
        """The calls that are given the whole request."""
        return [
            node
            for node in ast.walk(self.method)
            if isinstance(node, ast.Call)
            and not (isinstance(node.func, ast.Name) and node.func.id == self.call_next)
            and any(isinstance(a, ast.Name) and a.id == self.request for a in node.args)
        ]

    def _uses_request(self) -> bool:
        given = {id(a) for call in self._calls() for a in call.args}
        return any(
            isinstance(n, ast.Name) and n.id == self.request and id(n) not in given
            for n in ast.walk(self.method)
        )

    def _calls(self) -> list[ast.Call]:
        """The calls of the app, each in a place where it can be translated."""
        named = [n for n in ast.walk(self.method) if isinstance(n, ast.Name) and n.id == self.call_next]
        found = []
        for name in named:
            call = next(self.source.parents(name))
            if (
                not isinstance(call, ast.Call)
                or call.func is not name
                or call.keywords
                or [a.id for a in call.args if isinstance(a, ast.Name)] != [self.request]
            ):
                raise PatchError(f"`{self.call_next}` is handed on, or called with another request")
            found.append(call)
        if not found:
            raise PatchError("it never calls the app")
        return found

    def _around(self, call: ast.Call) -> ast.Return | ast.Assign | ast.AnnAssign:
        """The statement that returns what the app answers, or gives it a name."""
        statement = self.source.statement(call)
        value = statement.value if isinstance(statement, ast.Return | ast.Assign | ast.AnnAssign) else None
        if not isinstance(value, ast.Await) or value.value is not call:
            raise PatchError("the answer of the app is neither returned nor given a name")
        assert isinstance(statement, ast.Return | ast.Assign | ast.AnnAssign)
        child: ast.AST = statement
        for parent in self.source.parents(statement):
            if parent is self.method:
                return statement
            if isinstance(parent, ast.Try):
                refuse_try(parent, child)
            elif not isinstance(parent, ast.If):
                break
            child = parent
        raise PatchError(
            "the app is called in a block that ends when its answer begins, and would end after its body then"
        )

    # --- the parts --------------------------------------------------------------------------------------------------

    def _own(self, root: ast.AST) -> list[ast.AST]:
        """The nodes of a function that belong to itself."""
        found: list[ast.AST] = []
        todo = list(ast.iter_child_nodes(root))
        while todo:
            node = todo.pop()
            found.append(node)
            if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef):
                todo.extend(ast.iter_child_nodes(node))
        return found

    def _class_head(self) -> None:
        """The class without its base, and with an `__init__` that keeps the app."""
        source, cls = self.source, self.cls
        if cls.bases:
            if (
                len(cls.bases) != 1
                or ast.unparse(cls.bases[0]).rpartition(".")[2] != self.base
                or cls.keywords
            ):
                raise PatchError("its class has other bases")
            start = source.data.rindex(b"(", 0, source.start(cls.bases[0]))
            end = source.data.index(b")", source.end(cls.bases[0])) + 1
            self.edits.append(source.edit(start, end, ""))
        given = next((s for s in cls.body if isinstance(s, ast.FunctionDef) and s.name == "__init__"), None)
        if given is None:
            first = next(s for s in cls.body if isinstance(s, ast.FunctionDef | ast.AsyncFunctionDef))
            text = f"{self.unit}def __init__(self, app: ASGIApp) -> None:\n{self.unit * 2}self.app = app\n\n"
            at = source.line_start(first_line(source, first))
            self.edits.append(source.edit(at, at, text))
            return
        calls = [
            s for s in given.body if isinstance(s, ast.Expr) and ast.unparse(s.value).startswith("super()")
        ]
        names = [a.arg for a in given.args.args]
        if len(calls) != 1 or ast.unparse(calls[0].value) not in _KEEPS_APP or "app" not in names:
            raise PatchError(
                "its `__init__` hands more than the app to `BaseHTTPMiddleware`, or under another name"
            )
        self.edits.append(source.edit(source.start(calls[0]), source.end(calls[0]), "self.app = app"))

    def _signature(self) -> None:
        source, method = self.source, self.method
        body = [s for s in method.body if not is_text(s)]
        start = source.data.index(b"async", source.start(method))
        after = source.end(method.returns or method.args.args[-1])
        colon = next(
            source.token_end(t) for t in source.tokens if t.string == ":" and source.token_start(t) >= after
        )
        if any(t.type == tokenize.COMMENT and start <= source.token_start(t) < colon for t in source.tokens):
            raise PatchError("a comment stands in the head of its `dispatch`")
        head = "async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:"
        self.edits.append(source.edit(start, colon, head))
        indent = source.indentation(body[0])
        lines = [
            'if scope["type"] != "http":',
            f"{self.unit}await self.app(scope, receive, send)",
            f"{self.unit}return",
        ]
        if self._uses_request():
            annotation = method.args.args[1].annotation
            name = ast.unparse(annotation) if isinstance(annotation, ast.Name | ast.Attribute) else "Request"
            lines.append(f"{self.request} = {name}(scope)")
        at = source.line_start(first_line(source, body[0]))
        # What stands there already may be moved away by another edit: the guard is put before it.
        self.edits.insert(0, source.edit(at, at, "".join(f"{indent}{line}\n" for line in lines)))

    def _passed_on(self, statement: ast.Return) -> None:
        """`return await call_next(request)`."""
        text = "await self.app(scope, receive, send)"
        if not self._is_last(statement):
            text += f"\n{self.source.indentation(statement)}return"
        self._put(statement, text)

    def _refused(self, statement: ast.Return) -> None:
        """`return JSONResponse(...)`: the answer is a small app itself."""
        if statement.value is None or (isinstance(statement.value, ast.Constant)):
            raise PatchError("it may answer with nothing")
        parents = list(self.source.parents(statement))
        tried = [
            p
            for p in parents
            if isinstance(p, ast.Try) and (p.handlers or not all(map(gives_back, p.finalbody)))
        ]
        if any(statement in ast.walk(each) for p in tried for each in p.body):
            raise PatchError("it answers where errors are handled, and errors of sending would be as well")
        if any(isinstance(p, ast.With | ast.AsyncWith) for p in parents):
            raise PatchError("it answers within a block that was over before the answer was sent")
        indent = self.source.indentation(statement)
        value = self.source.data[self.source.start(statement) : self.source.end(statement)].decode()
        value = value.removeprefix("return").strip()
        name, first = value, ""
        if not isinstance(statement.value, ast.Name):
            name, first = "response", f"response = {value}\n{indent}"
        end = "" if self._is_last(statement) else f"\n{indent}return"
        self._put(statement, f"{first}await {name}(scope, receive, send){end}")

    def _put(self, statement: ast.stmt, text: str) -> None:
        self.edits.append(self.source.edit(self.source.start(statement), self.source.end(statement), text))

    def _is_last(self, statement: ast.stmt) -> bool:
        """Whether nothing of the method follows a statement."""
        child: ast.AST = statement
        for parent in self.source.parents(statement):
            if isinstance(parent, ast.ExceptHandler):
                child = parent
                continue
            for _, value in ast.iter_fields(parent):
                if (
                    isinstance(value, list)
                    and child in value
                    and value[-1] is not child
                    and isinstance(child, ast.stmt)
                ):
                    return False
            if parent is self.method:
                return True
            child = parent
        return True

    def _answered(self, statement: ast.Assign | ast.AnnAssign) -> set[int]:
        """`response = await call_next(request)`, what is done with it, and `return response`: gives the returns that went."""
        source = self.source
        targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
        target = targets[0]
        if len(targets) != 1 or not isinstance(target, ast.Name):
            raise PatchError("the answer of the app is given several names")
        block, place = source.block(statement)
        owner = next(source.parents(statement))
        if place == len(block) - 1 and isinstance(owner, ast.Try) and owner.handlers:
            # `try: response = await call_next(request)`, and `return response` below.
            outer, at = source.block(owner)
            returned = outer[at + 1] if len(outer) == at + 2 else None
            if len(block) != 1 or not returns(returned, target.id):
                raise PatchError("more is done with the answer after errors of the app were handled")
            assert isinstance(returned, ast.Return)
            self._put(statement, "await self.app(scope, receive, send)")
            self._drop(outer[at].end_lineno or 0, returned)
            return {id(returned)}
        returned = block[-1]
        if not returns(returned, target.id):
            raise PatchError(f"what it returns is not the `{target.id}` of the app")
        assert isinstance(returned, ast.Return)
        after = block[place + 1 : -1]
        if any(isinstance(n, ast.Return | ast.Yield) for each in after for n in [each, *self._own(each)]):
            raise PatchError("it may answer with something else once the app has answered")
        refuse_names(source, self.method, after, target.id)
        indent = source.indentation(statement)
        if not after:
            self._put(statement, "await self.app(scope, receive, send)")
            self._drop(statement.end_lineno or 0, returned)
            return {id(returned)}
        self.uses_message = True
        top, below = first_line(source, statement), (statement.end_lineno or 0) + 1
        comments = source.data[source.line_start(top) : source.line_start(statement.lineno)].decode()
        inner = self._moved(below, returned.lineno, target.id)
        u = self.unit
        first = next(each for each in self.method.body if not is_text(each))
        gap = "\n" if statement is first or source.line(top - 1).strip() else ""
        parts = [
            f"{indent}{u * 2}{name} = {made}\n"
            for name, made in PARTS.items()
            if self._reads(after, target.id, name)
        ]
        text = (
            f"{gap}{indent}async def send_wrapper(message: Message) -> None:\n"
            f'{indent}{u}if message["type"] == "http.response.start":\n'
            + "".join(parts)
            + inner
            + f"{indent}{u}await send(message)\n\n"
            + comments
            + f"{indent}await self.app(scope, receive, send_wrapper)\n"
        )
        end = source.line_start((returned.end_lineno or 0) + 1)
        self.edits.append(source.edit(source.line_start(top), end, text))
        return {id(returned)}

    def _reads(self, after: list[ast.stmt], name: str, part: str) -> bool:
        found = any(
            isinstance(n, ast.Attribute)
            and n.attr == part
            and isinstance(n.value, ast.Name)
            and n.value.id == name
            for each in after
            for n in ast.walk(each)
        )
        self.uses_headers = self.uses_headers or (found and part == "headers")
        return found

    def _moved(self, first: int, last: int, response: str) -> str:
        """The lines from `first` to before `last`, two steps further in, with the parts of the message in the place of the answer's."""
        source = self.source
        numbers = list(range(first, last))
        while numbers and not source.line(numbers[-1]).strip():
            numbers.pop()
        while numbers and not source.line(numbers[0]).strip():
            numbers.pop(0)
        lines = []
        for number in numbers:
            line = source.line_text(number)
            for part in PARTS:
                line = re.sub(rf"\b{response}\.{part}\b", part, line)
            deeper = line.strip() and number not in source.string_lines
            lines.append(self.unit * 2 + line if deeper else line)
        return "".join(lines)

    def _drop(self, above: int, returned: ast.Return) -> None:
        """Take a statement out, with the blank lines above it."""
        source = self.source
        start = source.line_start(above + 1)
        between = source.data[start : source.line_start(returned.lineno)]
        if between.strip():
            start = source.line_start(returned.lineno)
        self.edits.append(source.edit(start, source.line_start((returned.end_lineno or 0) + 1), ""))
