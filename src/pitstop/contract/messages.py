"""Two versions of an operation compared: parameters, bodies, answers, headers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pitstop.contract import objects
from pitstop.contract.document import Document, Operation, as_dict, same_json
from pitstop.contract.rules import ASPECTS, OPERATIONS, SUBJECTS, TURNED, Direction, name_of, opposite
from pitstop.contract.schemas import At, Pair, Walk
from pitstop.promises import ContractChange

_FORMS = frozenset({"application/x-www-form-urlencoded", "multipart/form-data"})
_STYLES = {"query": "form", "cookie": "form", "path": "simple", "header": "simple"}


class Messages:
    """Tells what changed for one operation. `turned` is the word for those that the service sends itself: webhook, callback."""

    def __init__(
        self,
        old: Document,
        new: Document,
        pair: Pair,
        tell: Callable[[ContractChange], None],
        operation: str,
        turned: str = "",
    ) -> None:
        self._old, self._new, self._pair, self._tell = old, new, pair, tell
        self._operation, self._turned = operation, turned

    def told(self, rule: str, place: str, what: str, before: str = "", after: str = "") -> None:
        """Tell of a change by a rule of operations."""
        told = TURNED.get(rule, OPERATIONS[rule]) if self._turned else OPERATIONS[rule]
        self._tell(
            ContractChange(
                rule=self._named(rule),
                severity=told.severity,
                operation=self._operation,
                place=place,
                text=told.text.format(what=what, before=before, after=after),
                before=before,
                after=after,
            )
        )

    def _named(self, rule: str) -> str:
        return f"{self._turned}-{rule}" if self._turned else rule

    # --- requests ----------------------------------------------------------------------------------------------------

    def parameters(self, old: Operation, new: Operation) -> None:
        for key in dict.fromkeys((*old.parameters, *new.parameters)):
            one, other = old.parameters.get(key), new.parameters.get(key)
            name = str((other or one or {}).get("name", ""))
            place, what = f"{key[0]} parameter {name}", f"the {key[0]} parameter `{name}`"
            if key[0] == "path" and (one is None or other is None):
                continue  # it has to be there all the same: one of the documents says nothing of it
            if one is None:
                assert other is not None
                is_required = other.get("required") is True
                self.told(f"request-{'required-' * is_required}parameter-added", place, what)
            elif other is None:
                self.told("request-parameter-removed", place, what)
            else:
                self._parameter(key[0], one, other, place, what)

    def _parameter(
        self, kind: str, one: dict[str, Any], other: dict[str, Any], place: str, what: str
    ) -> None:
        was, is_ = (each.get("required") is True for each in (one, other))
        if was != is_:
            self.told(f"request-parameter-became-{'required' if is_ else 'optional'}", place, what)
        styles = [_style(kind, each) for each in (one, other)]
        if styles[0] != styles[1]:
            self.told("request-parameter-style-changed", place, what, *styles)
        direction = self._direction("request-parameter")
        walk = Walk(self._pair, direction, is_textual=True, is_repeated=kind in ("query", "header"))
        schemas = [_schema_of(each) for each in (one, other)]
        if not was and not is_:
            objects.defaults(walk, schemas[0], schemas[1], At())
        if (one.get("deprecated") is True) != (other.get("deprecated") is True):
            walk.note("reactivated" if one.get("deprecated") is True else "deprecated", At())
        walk.schemas(schemas[0], schemas[1], At())
        if one.get("description") != other.get("description"):
            walk.note("documentation-changed", At())
        self._schema(walk, "request-parameter", place, what)

    def bodies(self, old: Operation, new: Operation) -> None:
        one, other = (
            self._old.resolved(old.node.get("requestBody")),
            self._new.resolved(new.node.get("requestBody")),
        )
        place, what = "request body", "the request body"
        was, is_ = (each.get("required") is True for each in (one, other))
        if not one or not other:
            if other:
                self.told(f"request-{'required-' * is_}body-added", place, what)
            elif one:
                self.told("request-body-removed", place, what)
            return
        if was != is_:
            self.told(f"request-body-became-{'required' if is_ else 'optional'}", place, what)
        self._contents(one, other, "request", place, what)

    # --- answers -----------------------------------------------------------------------------------------------------

    def answers(self, old: Operation, new: Operation) -> None:
        one = {str(status): each for status, each in as_dict(old.node.get("responses")).items()}
        other = {str(status): each for status, each in as_dict(new.node.get("responses")).items()}
        gone = [status for status in one if _answer(status, other) is None]
        come = [status for status in other if _answer(status, one) is None]
        was, is_ = ([status for status in each if _is_success(status)] for each in (gone, come))
        renamed = dict(zip(was, is_, strict=True)) if len(was) == len(is_) == 1 else {}
        for status, answer in one.items():
            place, what = f"response {status}", f"the answer {status}"
            if status in renamed:
                self.told("response-success-status-changed", place, "the answer", status, renamed[status])
            elif status in gone:
                kind = "success" if _is_success(status) else "error"
                self.told(f"response-{kind}-status-removed", place, what, before=status)
                continue
            found = renamed.get(status) or _answer(status, other)
            assert found is not None
            self._answer(self._old.resolved(answer), self._new.resolved(other[found]), found)
        for status in come:
            if status not in renamed.values():
                kind = "success" if _is_success(status) else "error"
                self.told(
                    f"response-{kind}-status-added",
                    f"response {status}",
                    f"the answer {status}",
                    after=status,
                )

    def _answer(self, one: dict[str, Any], other: dict[str, Any], status: str) -> None:
        place, what = f"response {status}", f"the answer {status}"
        had, has = (bool(as_dict(each.get("content"))) for each in (one, other))
        if had != has:
            self.told(f"response-body-{'added' if has else 'removed'}", place, what)
        else:
            self._contents(one, other, "response", place, what)
        if one.get("description") != other.get("description"):
            self.told("documentation-changed", place, what)
        self._headers(one, other, place, what)

    def _headers(self, one: dict[str, Any], other: dict[str, Any], place: str, what: str) -> None:
        mine, theirs = (
            {str(name).lower(): (str(name), document.resolved(each)) for name, each in as_dict(answer.get("headers")).items()}
            for document, answer in ((self._old, one), (self._new, other))
        )  # fmt: skip
        for key in dict.fromkeys((*mine, *theirs)):
            name = (theirs.get(key) or mine[key])[0]
            here, it = f"{place}, header {name}", f"the header `{name}` of {what}"
            was, is_ = (key in each and each[key][1].get("required") is True for each in (mine, theirs))
            if key not in mine:
                self.told("response-header-added", here, it)
            elif key not in theirs:
                self.told(f"response-{'required-' * was}header-removed", here, it)
            else:
                if was != is_:
                    self.told(f"response-header-became-{'required' if is_ else 'optional'}", here, it)
                walk = Walk(self._pair, self._direction("response-header"), is_textual=True)
                walk.schemas(_schema_of(mine[key][1]), _schema_of(theirs[key][1]), At())
                self._schema(walk, "response-header", here, it)

    # --- what they hold ----------------------------------------------------------------------------------------------

    def _contents(self, one: dict[str, Any], other: dict[str, Any], side: str, place: str, what: str) -> None:
        mine, theirs = ({_plain(name): as_dict(node) for name, node in as_dict(each.get("content")).items()} for each in (one, other))  # fmt: skip
        for name, node in mine.items():
            found = _media(name, theirs)
            if found is None:
                self.told(f"{side}-media-type-removed", place, what, before=name)
                continue
            subject = f"{side}-body"
            walk = Walk(self._pair, self._direction(subject), is_textual=name in _FORMS)
            walk.schemas(node.get("schema", True), theirs[found].get("schema", True), At())
            self._schema(walk, subject, f"{place}, {name}", what)
            if any(
                not same_json(node.get(word), theirs[found].get(word)) for word in ("example", "examples")
            ):
                self.told("documentation-changed", f"{place}, {name}", what)
        for name in theirs:
            if _media(name, mine) is None:
                self.told(f"{side}-media-type-added", place, what, after=name)

    def _schema(self, walk: Walk, subject: str, place: str, what: str) -> None:
        """Tell of what a walk has noted."""
        for note in walk.notes:
            aspect = ASPECTS[note.aspect]
            told = aspect.into if walk.direction == "in" else aspect.out
            path = note.at.path
            of = f"{subject.partition('-')[0]}-property" if path and subject.endswith("-body") else subject
            it = f"`{path}` of {what}" if path else what
            below = f": {note.at.below}" if note.at.model and note.at.below else ""
            self._tell(
                ContractChange(
                    rule=self._named(name_of(of, note.aspect)),
                    severity=told.severity,
                    operation=self._operation,
                    place=f"{place}: {path}" if path else place,
                    text=told.text.format(what=it, before=note.before, after=note.after),
                    before=note.before,
                    after=note.after,
                    model=note.at.model + below,
                )
            )

    def _direction(self, subject: str) -> Direction:
        direction = SUBJECTS[subject]
        return opposite(direction) if self._turned else direction


def _schema_of(node: Mapping[str, Any]) -> object:
    """The schema of a parameter or a header, which may stand in a `content`."""
    for content in as_dict(node.get("content")).values():
        return as_dict(content).get("schema", True)
    return node.get("schema", True)


def _style(kind: str, node: Mapping[str, Any]) -> str:
    style = str(node.get("style", _STYLES.get(kind, "")))
    explode = node.get("explode", style == "form")
    return f"`{style}`, {'exploded' if explode else 'in one'}"


def _is_success(status: str) -> bool:
    return status[:1] in ("2", "3")


def _answer(status: str, answers: Mapping[str, object]) -> str | None:
    """The status under which an answer is described: its own, its range, or `default`."""
    return next((key for key in (status, f"{status[:1]}XX", "default") if key in answers), None)


def _plain(media: str) -> str:
    return media.partition(";")[0].strip().lower()


def _media(name: str, known: Mapping[str, object]) -> str | None:
    """The media type that stands for another: itself, or the range that it falls in."""
    return next((key for key in (name, f"{name.partition('/')[0]}/*", "*/*") if key in known), None)
