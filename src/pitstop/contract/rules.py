"""Every rule: what it is called, how bad that is for a client, and the sentence that says it.

Rules of schemas hold for parameters, bodies and headers, and what they mean depends on which way data goes. What comes in to the
service breaks a client where it is narrowed, what goes out to it where it is widened. So each has two severities and two sentences. Of
what goes out, a wider bound (a length, a range, a pattern) is a warning only: it breaks clients that check answers by the
document, and most read them by their types.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from pitstop.promises import ContractSeverity

Direction = Literal["in", "out"]
Effect = Literal["narrower", "wider", "other", "none"]
"""What a change makes of the set of values that a schema allows. `other`: some come and some go, or it cannot be known."""

B: ContractSeverity = "breaking"
W: ContractSeverity = "warning"
I: ContractSeverity = "info"  # noqa: E741  # one letter each keeps the tables readable


class Told(msgspec.Struct, frozen=True):
    """How one thing is told. In `text` stand `{what}`, `{before}` and `{after}`."""

    severity: ContractSeverity
    text: str


class Aspect(msgspec.Struct, frozen=True):
    """A way in which schemas differ, told by where the values go."""

    name: str
    effect: Effect
    into: Told
    out: Told


def _aspect(
    name: str,
    effect: Effect,
    into: tuple[ContractSeverity, str],
    out: tuple[ContractSeverity, str],
) -> Aspect:
    return Aspect(name, effect, Told(*into), Told(*out))


def _bound(name: str, rising: str, needs: str, limit: str) -> list[Aspect]:
    """The four ways in which a bound changes; `rising` is what makes it narrower, `needs` is said of a value that keeps to it."""
    falling = {"raised": "lowered", "lowered": "raised"}[rising]
    return [
        _aspect(
            f"{name}-added", "narrower",
            (B, f"{{what}} must now {needs} {limit} {{after}}"),
            (I, f"{{what}} is now said to {needs} {limit} {{after}}"),
        ),
        _aspect(
            f"{name}-{rising}", "narrower",
            (B, f"{{what}} must now {needs} {limit} {{after}}, not {{before}}"),
            (I, f"{{what}} is now said to {needs} {limit} {{after}}, not {{before}}"),
        ),
        _aspect(
            f"{name}-{falling}", "wider",
            (I, f"{{what}} need only {needs} {limit} {{after}}, not {{before}}"),
            (W, f"{{what}} is only said to {needs} {limit} {{after}}, not {{before}}"),
        ),
        _aspect(
            f"{name}-removed", "wider",
            (I, f"{{what}} need no longer {needs} {limit} {{before}}"),
            (W, f"{{what}} is no longer said to {needs} {limit} {{before}}"),
        ),
    ]  # fmt: skip


_SCHEMAS: tuple[Aspect, ...] = (
    # --- what kind of value ------------------------------------------------------------------------------------------
    _aspect("type-changed", "other", (B, "{what} must be {after}, and was {before}"), (B, "{what} is {after}, and was {before}")),
    _aspect("type-narrowed", "narrower", (B, "{what} must be {after}, and could be {before}"), (I, "{what} is always {after}, and could be {before}")),
    _aspect("type-widened", "wider", (I, "{what} may be {after}, and had to be {before}"), (B, "{what} may be {after}, and was {before}")),
    _aspect("became-nullable", "wider", (I, "{what} may now be null"), (B, "{what} may now be null")),
    _aspect("null-named", "none", (I, "{what} may be null, which is now said"), (W, "{what} may be null, which is now said: documents before OpenAPI 3.1 often did not")),
    _aspect("became-not-nullable", "narrower", (B, "{what} may no longer be null"), (I, "{what} is no longer null")),
    _aspect("schema-added", "narrower", (B, "{what} could be anything, and must be {after}"), (I, "{what} is now described: {after}")),
    _aspect("schema-removed", "wider", (I, "{what} may be anything now"), (W, "{what} is no longer described, and was {before}")),
    _aspect("alternative-removed", "narrower", (B, "{what} can no longer be {before}"), (I, "{what} is no longer {before}")),
    _aspect("alternative-added", "wider", (I, "{what} may also be {after}"), (B, "{what} may also be {after}, which clients do not know")),
    _aspect("discriminator-changed", "other", (B, "{what} is told apart by {after}, and was by {before}"), (B, "{what} is told apart by {after}, and was by {before}")),
    _aspect("discriminator-value-changed", "other", (B, "{what}: {before} is now {after}"), (B, "{what}: {before} is now {after}")),
    _aspect("format-added", "narrower", (B, "{what} must be a {after}"), (I, "{what} is always a {after}")),
    _aspect("format-removed", "wider", (I, "{what} need no longer be a {before}"), (B, "{what} is no longer said to be a {before}, so clients cannot read it as one")),
    _aspect("format-changed", "other", (B, "{what} must be a {after}, and was a {before}"), (B, "{what} is a {after}, and was a {before}")),
    _aspect("format-narrowed", "narrower", (B, "{what} must fit {after}, and had to fit {before}"), (I, "{what} fits {after}, and fitted {before}")),
    _aspect("format-widened", "wider", (I, "{what} need only fit {after}, and had to fit {before}"), (B, "{what} fits {after}, and fitted {before}")),
    _aspect("text-format-added", "narrower", (B, "{what} must be written as {after}"), (I, "{what} is always written as {after}")),
    _aspect("text-format-removed", "wider", (I, "{what} need no longer be written as {before}"), (W, "{what} is no longer said to be written as {before}")),
    _aspect("text-format-changed", "other", (B, "{what} must be written as {after}, and was as {before}"), (W, "{what} is written as {after}, and was as {before}")),
    _aspect("content-changed", "other", (B, "{what} must hold {after}, and held {before}"), (B, "{what} holds {after}, and held {before}")),
    # --- which values ------------------------------------------------------------------------------------------------
    _aspect("enum-added", "narrower", (B, "{what} must now be one of {after}"), (I, "{what} is always one of {after}")),
    _aspect("enum-removed", "wider", (I, "{what} need no longer be one of {before}"), (B, "{what} may now have other values than {before}")),
    _aspect("enum-value-removed", "narrower", (B, "{what} no longer takes {before}"), (I, "{what} is no longer {before}")),
    _aspect("enum-value-added", "wider", (I, "{what} also takes {after}"), (B, "{what} may now be {after}, which clients do not know")),
    *_bound("minimum", "raised", "be", "at least"),
    *_bound("maximum", "lowered", "be", "at most"),
    *_bound("min-length", "raised", "have a length of", "at least"),
    *_bound("max-length", "lowered", "have a length of", "at most"),
    *_bound("min-items", "raised", "have a number of items of", "at least"),
    *_bound("max-items", "lowered", "have a number of items of", "at most"),
    *_bound("min-properties", "raised", "have a number of keys of", "at least"),
    *_bound("max-properties", "lowered", "have a number of keys of", "at most"),
    _aspect("multiple-of-added", "narrower", (B, "{what} must now be a multiple of {after}"), (I, "{what} is always a multiple of {after}")),
    _aspect("multiple-of-removed", "wider", (I, "{what} need no longer be a multiple of {before}"), (W, "{what} is no longer always a multiple of {before}")),
    _aspect("multiple-of-changed", "other", (B, "{what} must be a multiple of {after}, and was of {before}"), (W, "{what} is a multiple of {after}, and was of {before}")),
    _aspect("pattern-added", "narrower", (B, "{what} must now match {after}"), (I, "{what} always matches {after}")),
    _aspect("pattern-removed", "wider", (I, "{what} need no longer match {before}"), (W, "{what} no longer always matches {before}")),
    _aspect("pattern-changed", "other", (W, "{what} must match {after}, and had to match {before}: what fitted may be refused"), (W, "{what} matches {after}, and matched {before}")),
    _aspect("unique-items-added", "narrower", (B, "{what} may no longer hold an item twice"), (I, "{what} holds no item twice")),
    _aspect("unique-items-removed", "wider", (I, "{what} may hold an item twice"), (W, "{what} may now hold an item twice")),
    _aspect("condition-added", "narrower", (B, "{what} must now keep to `{after}`"), (I, "{what} keeps to `{after}`")),
    _aspect("condition-removed", "wider", (I, "{what} need no longer keep to `{before}`"), (W, "{what} no longer keeps to `{before}`")),
    _aspect("condition-changed", "other", (W, "{what} must keep to another `{after}`: what fitted may be refused"), (W, "{what} keeps to another `{after}`")),
    # --- objects -----------------------------------------------------------------------------------------------------
    _aspect("property-added", "none", (I, "{what} can be sent"), (I, "{what} is new")),
    _aspect("required-property-added", "narrower", (B, "{what} is new, and must be sent"), (I, "{what} is new, and always there")),
    _aspect("undeclared-property-added", "wider", (I, "{what} can be sent"), (W, "{what} is new where no other keys were to come")),
    _aspect("property-removed", "narrower", (W, "{what} is no longer read: what a client sends is ignored"), (W, "{what}, which was there at times, never is any more")),
    _aspect("property-refused", "narrower", (B, "{what} is no longer known, and other keys are refused"), (I, "{what} never comes any more")),
    _aspect("required-property-removed", "other", (W, "{what}, which had to be sent, is no longer read"), (B, "{what}, which was always there, is gone")),
    _aspect("property-became-required", "narrower", (B, "{what} must now be sent"), (I, "{what} is now always there")),
    _aspect("property-became-optional", "wider", (I, "{what} need no longer be sent"), (B, "{what} may now be missing")),
    _aspect("property-became-read-only", "narrower", (W, "{what} is now read-only: what a client sends is ignored"), (I, "{what} is now read-only")),
    _aspect("property-became-write-only", "wider", (I, "{what} is now write-only"), (B, "{what} is now write-only, and no longer in answers")),
    _aspect("additional-properties-refused", "narrower", (B, "{what} may no longer have other keys than those named"), (I, "{what} has no other keys than those named")),
    _aspect("additional-properties-allowed", "wider", (I, "{what} may have other keys than those named"), (I, "{what} may have other keys than those named")),
    # --- what is said of it ------------------------------------------------------------------------------------------
    _aspect("default-changed", "none", (B, "{what}, where a client leaves it out, is {after}, and was {before}"), (I, "{what} has the default {after}, and had {before}")),
    _aspect("default-added", "none", (W, "{what}, where a client leaves it out, is now {after}"), (I, "{what} has the default {after}")),
    _aspect("default-removed", "none", (W, "{what}, where a client leaves it out, is no longer {before}"), (I, "{what} no longer has the default {before}")),
    _aspect("deprecated", "none", (I, "{what} is deprecated"), (I, "{what} is deprecated")),
    _aspect("reactivated", "none", (I, "{what} is no longer deprecated"), (I, "{what} is no longer deprecated")),
    _aspect("documentation-changed", "none", (I, "{what} is described in other words"), (I, "{what} is described in other words")),
)  # fmt: skip

ASPECTS = {each.name: each for each in _SCHEMAS}

OPERATIONS: dict[str, Told] = {
    "operation-added": Told(I, "{what} is new"),
    "operation-removed": Told(B, "{what} is gone"),
    "deprecated-operation-removed": Told(W, "{what}, which was deprecated, is gone"),
    "operation-deprecated": Told(I, "{what} is deprecated"),
    "operation-reactivated": Told(I, "{what} is no longer deprecated"),
    "operation-id-changed": Told(I, "{what} is called {after}, and was {before}: newly made clients name it otherwise"),
    "trailing-slash-changed": Told(W, "{what} is now at {after}, and was at {before}: who asks there gets a redirect at best"),
    "webhook-added": Told(I, "{what} is new"),
    "webhook-removed": Told(B, "{what} is no longer sent"),
    "callback-added": Told(I, "{what} is new"),
    "callback-removed": Told(B, "{what} is no longer sent"),
    "request-parameter-added": Told(I, "{what} is new"),
    "request-required-parameter-added": Told(B, "{what} is new, and must be sent"),
    "request-parameter-removed": Told(W, "{what} is no longer read: what a client sends is ignored"),
    "request-parameter-became-required": Told(B, "{what} must now be sent"),
    "request-parameter-became-optional": Told(I, "{what} need no longer be sent"),
    "request-parameter-style-changed": Told(B, "{what} must be sent as {after}, and was as {before}"),
    "request-body-added": Told(I, "{what} can be sent"),
    "request-required-body-added": Told(B, "{what} must be sent, and there was none"),
    "request-body-removed": Told(W, "{what} is no longer read: what a client sends is ignored"),
    "request-body-became-required": Told(B, "{what} must now be sent"),
    "request-body-became-optional": Told(I, "{what} need no longer be sent"),
    "request-media-type-added": Told(I, "{what} is also taken as {after}"),
    "request-media-type-removed": Told(B, "{what} is no longer taken as {before}"),
    "response-success-status-changed": Told(B, "{what} comes with status {after}, and came with {before}"),
    "response-success-status-removed": Told(B, "{what} no longer comes"),
    "response-success-status-added": Told(W, "{what} is new: a client that waits for another status takes it for a failure"),
    "response-error-status-removed": Told(I, "{what} is no longer named"),
    "response-error-status-added": Told(I, "{what} is now named"),
    "response-body-added": Told(I, "{what} has a body now"),
    "response-body-removed": Told(B, "{what} has no body any more"),
    "response-media-type-added": Told(I, "{what} also comes as {after}"),
    "response-media-type-removed": Told(B, "{what} no longer comes as {before}"),
    "response-header-added": Told(I, "{what} is new"),
    "response-header-removed": Told(W, "{what} is no longer named"),
    "response-required-header-removed": Told(B, "{what}, which was always there, is gone"),
    "response-header-became-required": Told(I, "{what} is now always there"),
    "response-header-became-optional": Told(B, "{what} may now be missing"),
    "security-added": Told(B, "{what} needs {after} now, and needed no credentials"),
    "security-removed": Told(W, "{what} needs no credentials any more, and needed {before}: see that this is meant"),
    "security-changed": Told(B, "{what} needs {after}, and needed {before}"),
    "security-alternative-added": Told(W, "{what} also names {after}: fine where it does instead of {before}, breaking where both are asked for"),
    "security-alternative-removed": Told(B, "{what} no longer takes {before}"),
    "security-scope-added": Told(B, "{what} needs the scope {after} now"),
    "security-scope-removed": Told(I, "{what} no longer needs the scope {before}"),
    "security-url-changed": Told(W, "{what}: {after}, and was {before}"),
    "security-flow-added": Told(I, "{what} can also be had by the flow {after}"),
    "security-flow-removed": Told(B, "{what} can no longer be had by the flow {before}"),
    "security-flow-scope-added": Told(I, "{what} knows the scope {after}"),
    "security-flow-scope-removed": Told(W, "{what} no longer knows the scope {before}"),
    "server-added": Told(I, "{what} is also said to be at {after}"),
    "server-removed": Told(W, "{what} is no longer said to be at {before}"),
    "version-changed": Told(I, "{what} has the version {after}, and had {before}"),
    "documentation-changed": Told(I, "{what} is described in other words"),
    "document-changed": Told(I, "{what} is otherwise, which no rule says anything of"),
}  # fmt: skip

TURNED: dict[str, Told] = {
    "request-parameter-added": Told(I, "{what} is new"),
    "request-required-parameter-added": Told(I, "{what} is new"),
    "request-parameter-removed": Told(B, "{what} is no longer sent"),
    "request-parameter-became-required": Told(I, "{what} is now always there"),
    "request-parameter-became-optional": Told(B, "{what} may now be missing"),
    "request-body-added": Told(I, "{what} is new"),
    "request-required-body-added": Told(I, "{what} is new"),
    "request-body-removed": Told(B, "{what} is no longer sent"),
    "request-body-became-required": Told(I, "{what} is now always there"),
    "request-body-became-optional": Told(B, "{what} may now be missing"),
    "request-media-type-added": Told(B, "{what} may now come as {after}"),
    "request-media-type-removed": Told(I, "{what} no longer comes as {before}"),
    "response-success-status-added": Told(I, "{what} can be given"),
    "response-success-status-removed": Told(B, "{what} is no longer taken"),
    "response-success-status-changed": Told(B, "{what} must have the status {after}, and had {before}"),
    "response-body-added": Told(W, "{what} is to have a body"),
    "response-body-removed": Told(I, "{what} needs no body any more"),
    "response-media-type-added": Told(I, "{what} is also taken as {after}"),
    "response-media-type-removed": Told(B, "{what} is no longer taken as {before}"),
}  # fmt: skip
"""What is said otherwise of webhooks and callbacks: the service sends their requests, and reads what answers them."""

SUBJECTS: dict[str, Direction] = {
    "request-parameter": "in",
    "request-body": "in",
    "request-property": "in",
    "response-header": "out",
    "response-body": "out",
    "response-property": "out",
}
"""What schemas are of. What lies below a body is a property, items too."""

_ORDER: dict[ContractSeverity, int] = {B: 0, W: 1, I: 2}


def rank(severity: ContractSeverity) -> int:
    """How bad it is: 0 is the worst."""
    return _ORDER[severity]


def opposite(direction: Direction) -> Direction:
    """The other way."""
    return "out" if direction == "in" else "in"


def name_of(subject: str, aspect: str) -> str:
    """The rule of an aspect of a schema: `request-parameter-enum-added`, `response-required-property-removed`."""
    if "property-" in aspect:
        return f"{subject.partition('-')[0]}-{aspect}"
    return f"{subject}-{aspect}"


_NOT_OF_TEXT = {
    *(name for name in ASPECTS if "property-" in name),
    *("became-nullable", "became-not-nullable", "null-named"),
}
"""What is never told of parameters and headers, or not under their name."""
_OF_WHAT_MAY_BE_MISSING = {
    *("default-changed", "default-added", "default-removed", "deprecated", "reactivated", "null-named"),
}
_NEVER = {
    *("request-property-became-write-only", "request-undeclared-property-added"),
    *("response-property-became-read-only", "response-property-refused"),
}
"""What an aspect cannot be that way."""


def catalogue() -> dict[str, Told]:
    """Every rule by its name. Of webhooks and callbacks the name begins with that word, and values go the other way."""
    found = dict(OPERATIONS)
    for subject, direction in SUBJECTS.items():
        for aspect in ASPECTS.values():
            is_text = subject.endswith(("-parameter", "-header"))
            is_whole = subject.endswith(("-body", "-header"))
            name = name_of(subject, aspect.name)
            if not (
                (is_text and aspect.name in _NOT_OF_TEXT)
                or (is_whole and aspect.name in _OF_WHAT_MAY_BE_MISSING)
                or name in _NEVER
            ):
                found[name] = aspect.into if direction == "in" else aspect.out
    return found
