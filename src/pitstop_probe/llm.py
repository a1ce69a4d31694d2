"""What a language model was asked and how many tokens it counted, from the bodies of calls to the endpoints that all of them have."""

from __future__ import annotations

import json
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
        usage = _decoded(self.answer).get("usage")
        if isinstance(usage, dict):
            found.update(_tokens({name: count for name, count in usage.items() if type(count) is int}))
        return found


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


def body_of(content: Any) -> bytes:
    """A body as bytes; of one that is large, or is no text or bytes, nothing."""
    if isinstance(content, str):
        content = content.encode("utf-8", "backslashreplace")
    return (
        bytes(content) if isinstance(content, (bytes, bytearray)) and len(content) <= _LARGEST_BODY else b""
    )


def _decoded(body: bytes) -> dict[str, Any]:
    """The object that a body holds, if it holds one."""
    try:
        found = json.loads(body) if body else None
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
