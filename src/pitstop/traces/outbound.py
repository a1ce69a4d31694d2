"""Records of what the app asked other servers, typed; see `records`."""

from __future__ import annotations

import msgspec


class _Record(msgspec.Struct, frozen=True, kw_only=True):
    pass


class LanguageModel(_Record, frozen=True, kw_only=True):
    """What a language model was asked; tokens are None where the answer did not tell them, or came as a stream."""

    model: str
    prompt: str
    """A hash of what was asked: equal ones ask the same."""
    input_tokens: int | None = None
    output_tokens: int | None = None
    cached_tokens: int = 0
    """Those of the question that the model's server had kept, as far as it says so."""
    parts: tuple[tuple[str, int], ...] = ()
    """The words of the question in parts of a few lines: a hash of each, and how many characters it has."""
    embedded: tuple[str, ...] = ()
    """Of a request for embeddings a hash of each text, with that of how it is to be embedded."""
    is_marked: bool = False
    """Whether the question says what of it may be kept, as Anthropic wants it (`cache_control`)."""
    answer: str = ""
    """A hash of the text that was answered, without the white space around it; empty where it was not read whole."""


class OutboundCall(_Record, frozen=True, kw_only=True):
    """One HTTP request that the app sent."""

    method: str
    url: str
    start_ns: int = 0
    duration_ns: int = 0
    stack: int = 0
    on_loop: bool = False
    connect_ns: int = 0
    """What finding the address and opening the connection took of it, and `tls_ns` what securing it did: 0 for one that was open."""
    tls_ns: int = 0
    llm: LanguageModel | None = None
    sent: str = ""
    """A hash of query, headers and body; empty where there are none, or bodies are not kept."""

    @property
    def pieces(self) -> tuple[str, ...]:
        """What was sent, in hashes. Texts to embed are the same ones to a model in one request or in several."""
        return (self.llm.embedded if self.llm is not None else ()) or (self.sent,)
