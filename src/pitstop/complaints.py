"""A complaint in a person's words: which routes it is about, and what is said to be wrong with them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pitstop.diagnoses import Symptom

_PATH = re.compile(
    r"(?:\b(GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS)\s+)?(?<![\w/.])(/[\w\-./{}:~%*]*)", re.IGNORECASE
)
_URL = re.compile(r"https?://[^/\s]+")
_WORD = re.compile(r"[a-z]{3,}")
_METHODS = {
    "GET": re.compile(
        r"\b(?:get|list|lists|listing|show|shows|search|read|reading|load|loading|open|opening|export|download)\b"
    ),
    "POST": re.compile(
        r"\b(?:post|create|creating|add|adding|upload|uploading|submit|order(?:ing)|checkout|login|sign(?:ing)? (?:in|up)|register)\b"
    ),
    "PUT": re.compile(r"\b(?:put|update|updating|save|saving|edit|editing|change|changing)\b"),
    "PATCH": re.compile(r"\b(?:patch|update|updating|save|saving|edit|editing|change|changing)\b"),
    "DELETE": re.compile(r"\b(?:delete|deleting|remove|removing)\b"),
}
_SYMPTOMS: tuple[tuple[Symptom, re.Pattern[str]], ...] = (
    (
        "errors",
        re.compile(
            r"\b(?:5\d\d|errors?|fails?|failing|failed|crash\w*|exceptions?|internal server error|breaks?|broken|traceback)\b"
        ),
    ),
    (
        "start-up",
        re.compile(r"\b(?:start(?:s|ing)?[ -]?up|cold start|boot\w*|deploy\w*|to start|restart\w*)\b"),
    ),
    ("memory", re.compile(r"\b(?:memory|oom|ram|killed|leak\w*|swap\w*)\b")),
    (
        "blocking",
        re.compile(
            r"\b(?:block\w*|hang\w*|hung|freez\w*|frozen|stuck|unresponsive|(?:everything|all|others?|whole service) (?:wait|stop|stand)\w*)\b"
        ),
    ),
    (
        "database",
        re.compile(r"\b(?:quer(?:y|ies)|sql|database|db|postgres\w*|n\+1|statements?|connections?|pool)\b"),
    ),
    ("size", re.compile(r"\b(?:large|huge|big|bytes|megabytes?|mb|payload|bandwidth|response size)\b")),
    (
        "load",
        re.compile(
            r"\b(?:under load|many users|concurren\w*|traffic|peak|at once|in parallel|scale\w*|throughput|p9[59])\b"
        ),
    ),
    (
        "slow",
        re.compile(
            r"\b(?:slow\w*|latenc\w*|takes?|took|seconds?|ms|p50|p9[59]|time[sd]? ?outs?|lag\w*|wait\w*|performance|faster|forever|doubled|504)\b"
        ),
    ),
)
_NO_NAMES = frozenset(
    [
        "the",
        "and",
        "for",
        "api",
        "with",
        "from",
        "that",
        "this",
        "when",
        "sometimes",
        "often",
        "very",
        "its",
        "our",
        "are",
        "was",
        "were",
        "has",
        "have",
        "not",
        "returns",
        "return",
        "is",
        "slow",
        "error",
        "errors",
        "list",
    ]
)


@dataclass(frozen=True)
class Complaint:
    """What was understood of a complaint. `guessed` says that its routes are named by no path, but by words alone."""

    text: str
    routes: tuple[str, ...]
    symptoms: tuple[Symptom, ...]
    guessed: bool = False


def understood(text: str, routes: Sequence[str]) -> Complaint:
    """A complaint read beside the routes of a service, `GET /users/{id}` each."""
    words = _URL.sub("", text)
    lower = words.lower()
    named = _named(words, routes)
    without = _PATH.sub(" ", lower)
    symptoms = tuple(name for name, pattern in _SYMPTOMS if pattern.search(without))
    found = named or _meant(without, routes)
    return Complaint(
        text=text, routes=tuple(found), symptoms=symptoms or ("slow",), guessed=bool(found) and not named
    )


def _named(text: str, routes: Sequence[str]) -> list[str]:
    """The routes whose paths stand in a text: as templates, or with values in their places."""
    found: list[str] = []
    for method, path in _PATH.findall(text):
        wanted = path.split("?")[0].rstrip("/.,:;") or "/"
        fitting = [route for route in routes if _fits(route.partition(" ")[2], wanted)]
        own = [route for route in fitting if not method or route.startswith(method.upper() + " ")]
        # One whose template says the same word for word is meant rather than one with a parameter there.
        exact = [route for route in own if route.partition(" ")[2].rstrip("/") == wanted.rstrip("/")]
        found += exact or own
        if not fitting and wanted != "/":
            found += [route for route in routes if route.partition(" ")[2].startswith(wanted + "/")]
    return list(dict.fromkeys(found))


def _fits(template: str, path: str) -> bool:
    parts, given = template.strip("/").split("/"), path.strip("/").split("/")
    if any(part.endswith(":path}") for part in parts):
        parts, given = parts[:1], given[:1]
    if len(parts) != len(given):
        return False
    return all(part == value or part.startswith("{") for part, value in zip(parts, given, strict=True))


def _meant(text: str, routes: Sequence[str]) -> list[str]:
    """The routes of which the most words stand in a text, and none where that is nobody's or nearly everybody's."""
    words = {_stem(word) for word in _WORD.findall(text)} - _NO_NAMES
    scored = {}
    for route in routes:
        method, _, path = route.partition(" ")
        own = {_stem(word) for word in _WORD.findall(re.sub(r"\{[^}]*\}", "", path.lower()))}
        hits = len(words & own)
        if hits:
            # Of `/orders` and `/orders/{id}/items` the first says less that was not said.
            spoken = bool(_METHODS.get(method, re.compile("$^")).search(text))
            scored[route] = (hits, spoken, -len(own - words), -path.count("/"))
    best = max(scored.values(), default=None)
    found = [route for route, score in scored.items() if score == best]
    return found if len(found) <= max(1, len(routes) // 4) else []


def _stem(word: str) -> str:
    for ending, other in (("ies", "y"), ("sses", "ss"), ("ing", ""), ("s", "")):
        if word.endswith(ending) and len(word) > len(ending) + 2 and not word.endswith("ss"):
            return word[: -len(ending)] + other
    return word


def nearest(complaint: Complaint, routes: Iterable[str]) -> list[str]:
    """A few routes to ask about, where none was understood."""
    words = {_stem(word) for word in _WORD.findall(complaint.text.lower())} - _NO_NAMES
    near = [route for route in routes if words & {_stem(word) for word in _WORD.findall(route.lower())}]
    return (near or list(routes))[:3]
