"""What a language model was asked and how many tokens it counted, from the bodies of calls to the endpoints that all of them have."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from .output import dumps
from .request import digest

_ENDPOINTS = ("/chat/completions", "/completions", "/embeddings", "/responses", "/v1/messages")
_ASKED = ("instructions", "system", "messages", "input", "prompt")
_LARGEST_BODY = 1024 * 1024
_LONGEST_NAME = 200
_CACHED = ("cache_creation_input_tokens", "cache_read_input_tokens")
"""What Anthropic counts beside `input_tokens`, and what `prompt_tokens` of others hold already."""
MOST_PARTS = 200
"""Parts of a prompt that are told; what is left is one more."""
MOST_TEXTS = 2048
"""As many as OpenAI embeds at once."""
_OF_EMBEDDINGS = {"dimensions", "encoding_format", "input", "model", "user"}
_MARK = re.compile(rb'"cache_control"\s*:')
_DEEPEST = 6
"""Levels of lists and objects: a list of questions, messages, one of them, its contents, one of those, its text."""
_LINES = 4
"""Lines of a part, on average. Where one ends is decided by the line alone, so that what is put before it moves no other end."""


def is_endpoint(method: str, url: str) -> bool:
    """Whether a URL without query is that of a model's endpoint, at whichever host: there are many that pass calls on."""
    return method == "POST" and url.endswith(_ENDPOINTS)


class Exchanged:
    """The two bodies of such a call, kept until the record is written: reading them takes time that is not the request's."""

    __slots__ = ("answer", "asked")

    def __init__(self, asked: bytes) -> None:
        self.asked = asked
        self.answer = b""

    def told(self) -> dict[str, Any] | None:
        """What a record holds of them; None where it was no model that was asked."""
        asked = _decoded(self.asked)
        model = asked.get("model")
        said = [asked[name] for name in _ASKED if name in asked]
        if not isinstance(model, str) or not said:
            return None
        found: dict[str, Any] = {"model": model[:_LONGEST_NAME], "prompt": digest(dumps(said))}
        texts = list(_texts(said))
        found["parts"] = [[digest(part), len(part)] for part in _parts("\n".join(texts))]
        if embedded := _embedded(asked):
            found["embedded"] = embedded
        if _MARK.search(self.asked):
            found["is_marked"] = True
        answer = _decoded(self.answer)
        usage = answer.get("usage")
        if isinstance(usage, dict):
            found.update(_tokens({name: count for name, count in usage.items() if type(count) is int}))
            if any(_cached(usage)):
                found["cached_tokens"] = max(_cached(usage))
        said_back = "".join(_answered(answer)).strip()
        if said_back:
            found["answer"] = digest(said_back)
        return found


def _embedded(asked: dict[str, Any]) -> list[str]:
    """Of each text that is to be embedded a hash, with that of how: the same ones in one request or in many."""
    given = asked.get("input")
    texts = given if isinstance(given, list) else [given]
    # Whatever else a request says makes it none for embeddings, but for a question to `/responses`, which is one text. Tokens are no texts.
    if (
        not {*asked} <= _OF_EMBEDDINGS
        or len(texts) > MOST_TEXTS
        or not all(isinstance(t, str) for t in texts)
    ):
        return []
    how = sorted((name, value) for name, value in asked.items() if name != "input")
    return [digest(dumps([how, text])) for text in texts]


def _texts(said: Any, deepest: int = _DEEPEST) -> Iterator[str]:
    """What a question or an answer says in words, in its order: no names of roles, no pictures."""
    if isinstance(said, str):
        yield said
    elif isinstance(said, list) and deepest:
        for each in said:
            yield from _texts(each, deepest - 1)
    elif isinstance(said, dict) and deepest:
        yield from _texts(said.get("content", said.get("text")), deepest - 1)


def _parts(text: str) -> Iterator[str]:
    """A text in parts of a few whole lines."""
    lines: list[str] = []
    parts = 0
    for line in text.splitlines(keepends=True):
        lines.append(line)
        if parts < MOST_PARTS and int(digest(line), 16) % _LINES == 0:
            yield "".join(lines)
            lines = []
            parts += 1
    if lines:
        yield "".join(lines)


def _answered(answer: dict[str, Any]) -> Iterator[str]:
    """The text that a model answered, by the forms of the endpoints; of several choices that of the first."""
    for name in ("choices", "output", "content"):
        parts = answer.get(name)
        for part in (parts[:1] if name == "choices" else parts) if isinstance(parts, list) else ():
            yield from _texts(part.get("message", part) if isinstance(part, dict) else None)


def _cached(usage: dict[str, Any]) -> Iterator[int]:
    """How many tokens of the question came from a cache of the model's server, by the names of OpenAI's two endpoints and Anthropic's."""
    for name in ("prompt_tokens_details", "input_tokens_details"):
        details = usage.get(name)
        if isinstance(details, dict) and type(details.get("cached_tokens")) is int:
            yield details["cached_tokens"]
    if type(usage.get("cache_read_input_tokens")) is int:
        yield usage["cache_read_input_tokens"]


def _tokens(counted: dict[str, int]) -> Iterator[tuple[str, int]]:
    """The tokens of question and answer, by the names that OpenAI's older endpoints, its newer ones and Anthropic's have for them."""
    if "prompt_tokens" in counted:
        yield "input_tokens", counted["prompt_tokens"]
    elif "input_tokens" in counted:
        yield "input_tokens", sum(counted.get(name, 0) for name in ("input_tokens", *_CACHED))
    for name in ("completion_tokens", "output_tokens"):
        if name in counted:
            yield "output_tokens", counted[name]
            return


def body_of(content: Any, largest: int = _LARGEST_BODY) -> bytes:
    """A body as bytes; of one that is large, or is no text or bytes, nothing."""
    if isinstance(content, str):
        content = content.encode("utf-8", "backslashreplace")
    return bytes(content) if isinstance(content, (bytes, bytearray)) and len(content) <= largest else b""


def _decoded(body: bytes) -> dict[str, Any]:
    """The object that a body holds, if it holds one."""
    try:
        found = json.loads(body) if body else None
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
