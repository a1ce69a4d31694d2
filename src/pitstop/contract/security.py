"""The credentials that operations ask for, by what a client has to send, whatever the schemes are called."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec

from pitstop.contract.document import Document, Operation, as_dict, as_list
from pitstop.contract.messages import Messages

PLACE = "security"
_URLS = ("authorizationUrl", "tokenUrl", "refreshUrl")


class _Way(msgspec.Struct, frozen=True):
    """One way to be let in: what is to be sent together, and with which scopes."""

    sent: frozenset[str]
    scopes: frozenset[str]

    @property
    def words(self) -> str:
        return " and ".join(sorted(self.sent))


def compare(messages: Messages, old: Document, new: Document, pair: tuple[Operation, Operation]) -> None:
    """Tell how what an operation asks for changed."""
    one, other = _ways(old, pair[0]), _ways(new, pair[1])
    what = "the operation"
    was_open, is_open = (any(not each.sent for each in ways) for ways in (one, other))
    lost = _words(each for each in one if each.sent not in {way.sent for way in other})
    gained = _words(each for each in other if each.sent not in {way.sent for way in one})
    if was_open != is_open:
        # optional credentials need none: who sends none is let in
        rule = "security-removed" if is_open else "security-added"
        messages.told(
            rule, PLACE, what, *(_words(each for each in ways if each.sent) for ways in (one, other))
        )
        return
    if lost and gained:
        messages.told("security-changed", PLACE, what, lost, gained)
    elif lost:
        messages.told("security-alternative-removed", PLACE, what, before=lost)
    elif gained:
        messages.told("security-alternative-added", PLACE, what, _words(one), gained)
    for way in one:
        same = [each.scopes for each in other if each.sent == way.sent]
        if same and not any(scopes <= way.scopes for scopes in same):
            for scope in sorted(same[0] - way.scopes):
                messages.told("security-scope-added", PLACE, what, after=scope)
        elif same and way.scopes not in same:
            for scope in sorted(way.scopes - same[0]):
                messages.told("security-scope-removed", PLACE, what, before=scope)


def compare_schemes(messages: Messages, old: Document, new: Document) -> None:
    """Tell how the ways to get a token changed, of schemes that both documents name."""
    one, other = _schemes(old), _schemes(new)
    for name in one.keys() & other.keys():
        before, after = (as_dict(schemes[name].get("flows")) for schemes in (one, other))
        place, what = f"security scheme {name}", f"the token of `{name}`"
        for flow in dict.fromkeys((*before, *after)):
            if flow not in after:
                messages.told("security-flow-removed", place, what, before=flow)
            elif flow not in before:
                messages.told("security-flow-added", place, what, after=flow)
            else:
                _flows(messages, as_dict(before[flow]), as_dict(after[flow]), place, what)
        url = "openIdConnectUrl"
        if one[name].get(url) != other[name].get(url):
            messages.told(
                "security-url-changed", place, what, str(one[name].get(url)), str(other[name].get(url))
            )


def _flows(messages: Messages, one: dict[str, Any], other: dict[str, Any], place: str, what: str) -> None:
    for url in _URLS:
        if one.get(url) != other.get(url):
            messages.told(
                "security-url-changed", place, f"{what} comes from", str(one.get(url)), str(other.get(url))
            )
    mine, theirs = as_dict(one.get("scopes")), as_dict(other.get("scopes"))
    for scope in sorted(mine.keys() - theirs.keys()):
        messages.told("security-flow-scope-removed", place, what, before=scope)
    for scope in sorted(theirs.keys() - mine.keys()):
        messages.told("security-flow-scope-added", place, what, after=scope)


def _ways(document: Document, operation: Operation) -> list[_Way]:
    given = operation.node.get("security", document.node.get("security"))
    schemes = _schemes(document)
    found = [_way(as_dict(each), schemes) for each in as_list(given)]
    return found or [_Way(frozenset(), frozenset())]


def _way(requirement: Mapping[str, Any], schemes: Mapping[str, dict[str, Any]]) -> _Way:
    return _Way(
        frozenset(_sent(name, schemes.get(name, {})) for name in requirement),
        frozenset(str(scope) for scopes in requirement.values() for scope in as_list(scopes)),
    )


def _sent(name: str, scheme: Mapping[str, Any]) -> str:
    """What a client sends for a scheme."""
    kind, form = scheme.get("type"), str(scheme.get("scheme", "")).lower()
    if kind in ("oauth2", "openIdConnect") or (kind == "http" and form == "bearer"):
        return "a bearer token"
    if kind == "http":
        return "a user name and password" if form == "basic" else f"credentials of the scheme {form}"
    if kind == "apiKey":
        return f"the {scheme.get('in')} key `{scheme.get('name')}`"
    return f"credentials for {name}"


def _schemes(document: Document) -> dict[str, dict[str, Any]]:
    given = as_dict(as_dict(document.node.get("components")).get("securitySchemes"))
    return {str(name): document.resolved(each) for name, each in given.items()}


def _words(ways: Iterable[_Way]) -> str:
    return " or ".join(dict.fromkeys(_named(ways)))


def _named(ways: Iterable[_Way]) -> Iterator[str]:
    return (each.words or "nothing" for each in ways)
