"""A server on loopback that speaks the protocol of OpenAI's chat completions, and says what a test tells it to."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

MODEL = "openai/small"
KEY = "sk-of-a-test-0123456789abcdef"


@dataclass
class Refused:
    """An answer that is none: its status, what the provider says, and headers."""

    status: int
    message: str
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Cut:
    """An answer that ended where it was too long."""

    text: str


@dataclass
class Late:
    """An answer that comes after so many seconds."""

    seconds: float


Said = str | Refused | Cut | Late


@dataclass
class Speaking:
    """Where the server is, and what it was asked; `say` gives the answer to the messages of a question."""

    say: Callable[[list[dict[str, str]]], Said]
    port: int = 0
    asked: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)

    @property
    def environment(self) -> dict[str, str]:
        """The variables that send LiteLLM here."""
        return {"OPENAI_BASE_URL": f"http://127.0.0.1:{self.port}/v1", "OPENAI_API_KEY": KEY}

    @property
    def sent(self) -> str:
        """All that was sent."""
        return json.dumps(self.asked, ensure_ascii=False)


@contextmanager
def speaking(say: Callable[[list[dict[str, str]]], Said]) -> Iterator[Speaking]:
    """A server for the time of the block."""
    told = Speaking(say)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            told.asked.append(body)
            told.keys.append(self.headers["authorization"])
            assert self.path == "/v1/chat/completions", self.path
            said = told.say(body["messages"])
            if isinstance(said, Late):
                time.sleep(said.seconds)
                said = "DECLINE: too late"
            if isinstance(said, Refused):
                self._answer(
                    said.status, {"error": {"message": said.message, "type": "x", "code": None}}, said.headers
                )
                return
            text, reason = (said.text, "length") if isinstance(said, Cut) else (said, "stop")
            message = {"role": "assistant", "content": text}
            self._answer(
                200,
                {
                    "id": "1", "object": "chat.completion", "created": 1, "model": body["model"],
                    "choices": [{"index": 0, "message": message, "finish_reason": reason}],
                    "usage": {"prompt_tokens": 1000, "completion_tokens": 100, "total_tokens": 1100},
                },
                {},
            )  # fmt: skip

        def _answer(self, status: int, body: dict[str, Any], headers: dict[str, str]) -> None:
            data = json.dumps(body).encode()
            try:
                self.send_response(status)
                for name, value in {
                    "content-type": "application/json",
                    "content-length": str(len(data)),
                    **headers,
                }.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(data)
            except (BrokenPipeError, ConnectionResetError):
                pass  # who asked has given up

        def log_message(self, *_: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    told.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield told
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
