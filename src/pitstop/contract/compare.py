"""The whole comparison: operations matched, each compared, and what holds for the document."""

from __future__ import annotations

from pitstop.contract import security
from pitstop.contract.document import (
    Document,
    Operation,
    as_dict,
    as_list,
    changed_references,
    matched,
    same_json,
)
from pitstop.contract.messages import Messages
from pitstop.contract.rules import rank
from pitstop.contract.schemas import Pair
from pitstop.contract.shapes import Shapes
from pitstop.promises import ContractChange

_DOCUMENT = "OpenAPI document"


def compare(before: object, after: object) -> tuple[ContractChange, ...]:
    """What changed from one OpenAPI document to the other, the worst first, in the order of the document.

    Both are JSON as decoded. What is no OpenAPI in them is passed over: nothing is raised.
    """
    if same_json(before, after):
        return ()
    return _Comparison(Document(before), Document(after)).run()


class _Comparison:
    def __init__(self, old: Document, new: Document) -> None:
        self._old, self._new = old, new
        names_null = old.version.startswith("3.0") and not new.version.startswith("3.0")
        self._pair = Pair(Shapes(old), Shapes(new), changed_references(old, new), names_null)
        self._found: dict[ContractChange, None] = {}

    def run(self) -> tuple[ContractChange, ...]:
        whole = self._messages("")
        self._whole(whole)
        security.compare_schemes(whole, self._old, self._new)
        self._operations(self._old.operations(), self._new.operations())
        self._sent("webhook", "", self._old.node.get("webhooks"), self._new.node.get("webhooks"))
        return tuple(sorted(self._found, key=lambda change: rank(change.severity)))

    def _messages(self, operation: str, turned: str = "") -> Messages:
        return Messages(self._old, self._new, self._pair, self._tell, operation, turned)

    def _tell(self, change: ContractChange) -> None:
        self._found[change] = None

    def _whole(self, messages: Messages) -> None:
        one, other = (as_dict(each.node.get("info")) for each in (self._old, self._new))
        if one.get("version") != other.get("version"):
            messages.told(
                "version-changed", "info", "the document", str(one.get("version")), str(other.get("version"))
            )
        if any(one.get(word) != other.get(word) for word in ("title", "summary", "description")):
            messages.told("documentation-changed", "info", "the document")
        urls, new_urls = (
            [str(as_dict(server).get("url")) for server in as_list(each.node.get("servers"))] or ["/"]
            for each in (self._old, self._new)
        )
        for url in urls:
            if url not in new_urls:
                messages.told("server-removed", "servers", "the service", before=url)
        for url in new_urls:
            if url not in urls:
                messages.told("server-added", "servers", "the service", after=url)

    # --- operations --------------------------------------------------------------------------------------------------

    def _operations(self, old: list[Operation], new: list[Operation]) -> None:
        pairs, gone, come = matched(old, new)
        for one, other in pairs:
            messages = self._messages(other.title)
            if one.path.endswith("/") != other.path.endswith("/"):
                messages.told("trailing-slash-changed", "", "the operation", one.path, other.path)
            self._operation(messages, one, other)
            security.compare(messages, self._old, self._new, (one, other))
            self._callbacks(one, other)
        for each in gone:
            rule = (
                "deprecated-operation-removed" if each.node.get("deprecated") is True else "operation-removed"
            )
            self._messages(each.title).told(rule, "", "the operation")
        for each in come:
            self._messages(each.title).told("operation-added", "", "the operation")

    def _operation(self, messages: Messages, one: Operation, other: Operation) -> None:
        what = "the operation"
        was, is_ = (each.node.get("deprecated") is True for each in (one, other))
        if was != is_:
            messages.told(f"operation-{'deprecated' if is_ else 'reactivated'}", "deprecated", what)
        names = [str(each.node.get("operationId", "")) for each in (one, other)]
        if names[0] != names[1]:
            messages.told("operation-id-changed", "operationId", what, *names)
        words = ("summary", "description", "tags", "externalDocs")
        if any(not same_json(one.node.get(word), other.node.get(word)) for word in words):
            messages.told("documentation-changed", "description", what)
        messages.parameters(one, other)
        messages.bodies(one, other)
        messages.answers(one, other)

    # --- what the service sends --------------------------------------------------------------------------------------

    def _callbacks(self, one: Operation, other: Operation) -> None:
        mine, theirs = as_dict(one.node.get("callbacks")), as_dict(other.node.get("callbacks"))
        for name in dict.fromkeys((*mine, *theirs)):
            paths = self._old.resolved(mine.get(name)), self._new.resolved(theirs.get(name))
            self._sent("callback", f"{other.title}, callback {name}", *paths)

    def _sent(self, kind: str, of: str, one: object, other: object) -> None:
        """Compare the operations that the service calls of its clients."""
        old, new = self._old.operations_of(as_dict(one)), self._new.operations_of(as_dict(other))
        by_title = {each.title: each for each in old}
        others = {each.title: each for each in new}
        for title in dict.fromkeys((*by_title, *others)):
            name = f"{of}: {title}" if of else f"{kind} {title}"
            mine, theirs = by_title.get(title), others.get(title)
            if mine is None or theirs is None:
                self._messages(name).told(
                    f"{kind}-{'added' if mine is None else 'removed'}", "", f"the {kind}"
                )
            else:
                self._operation(self._messages(name, kind), mine, theirs)
