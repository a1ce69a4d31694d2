"""A model that is asked through LiteLLM. An answer is kept, and an identical question is not sent again."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import queue
import re
import subprocess
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

import msgspec

from pitstop.errors import UsageError
from pitstop.project import cache_folder
from pitstop.proposing.litellm_run import OFFLINE
from pitstop.proposing.prompt import Message
from pitstop.target.process import mask

TEMPERATURE = 0.0
ANSWER_TOKENS = 16_000
"""Of an answer, thinking included where a model thinks."""
SECONDS = 300.0
"""How long an answer is waited for."""
_STARTS_S = 180.0
"""How long LiteLLM may take to be imported, beside that."""
_KEPT = 1_000
_LONGEST = 300

_ENDING = frozenset({"key", "connection", "model", "rate"})
"""Errors that the next question would meet too."""
_ADVICE = {
    "key": (
        "its provider refused the key",
        "give one in the variable that LiteLLM reads for this provider, e.g. OPENAI_API_KEY",
    ),
    "connection": (
        "it could not be reached",
        "see that it runs, and that the variable for its address (e.g. OPENAI_BASE_URL) is right",
    ),
    "model": ("its provider does not know it", "see that its name is right, and that the key may use it"),
    "rate": (
        "its provider takes no more questions for now",
        "run again later, what was answered is kept; or ask less with `--llm-questions`",
    ),
    "time": ("its answer did not come in time", "run again, or take a faster model"),
    "server": ("its provider failed", "run again later"),
    "length": ("the question is too long for it", "take a model that reads more at once"),
    "declined": ("its provider does not answer this", ""),
}
_CLASSES = re.compile(r"^(?:(?:litellm\.)?\w*(?:Error|Exception|Timeout)\s*[:-]\s*)+")
"""How LiteLLM begins what it says: with the classes of its errors, each in the other."""


class UnansweredError(Exception):
    """A question that got no answer. With `ends` no other will get one either; `is_late` says that it did not come in time."""

    def __init__(self, message: str, *, ends: bool = False, is_late: bool = False) -> None:
        super().__init__(message)
        self.message = message
        self.ends = ends
        self.is_late = is_late


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What was answered, and the tokens that the provider counted."""

    text: str
    input_tokens: int = 0
    output_tokens: int = 0


class _Kept(msgspec.Struct, frozen=True, kw_only=True):
    """A question with its answer, so that a person can see what was sent."""

    model: str
    base: str
    messages: list[Message]
    temperature: float
    answer: Answer


class Model:
    """One model; a context manager, for LiteLLM runs beside it. `name` is as LiteLLM writes it; `seconds` is how long an answer is waited for."""

    def __init__(self, name: str, *, seconds: float = SECONDS) -> None:
        """Raises UsageError where LiteLLM is not installed, or does not know whose model this is."""
        self.name = name
        self.folder = cache_folder() / "answers"
        self.hosts: list[str] = []
        """The machines that were asked for an address, in order."""
        self._seconds = seconds
        self._process = _Process()
        if importlib.util.find_spec("litellm") is None:
            raise UsageError(
                "--with-llm needs LiteLLM, which is not installed beside pitstop",
                "Install it: pip install 'pitstop[llm]' (LiteLLM needs a Python before 3.15).",
            )
        try:
            found = self._run({"do": "look", "model": name}, _STARTS_S)
        except UnansweredError as error:
            self.close()
            is_unknown = "Provider NOT" in error.message
            what = f"LiteLLM does not know whose model {name} is" if is_unknown else error.message
            raise UsageError(
                f"--with-llm: {what}",
                "Name it as LiteLLM does: PROVIDER/MODEL, e.g. openai/gpt-5 or ollama/qwen3.",
            ) from None
        self.provider: str = found["provider"]
        self.base: str = mask(found["base"], {})

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End what runs beside."""
        self._process.close()

    @property
    def where(self) -> str:
        """Who is asked, and at which address if that is not the provider's usual one."""
        return f"{self.provider} at {self.base}" if self.base else self.provider

    @property
    def notice(self) -> str:
        """What a person is told before anything is sent."""
        return (
            f"for findings without a repair, the code of their functions and of what these use is sent to {self.name} ({self.where}), with pitstop's "
            "page on the problem. Literals that look like secrets, settings modules and .env files are not. "
            f"What was sent is kept in {self.folder}"
        )

    def kept(self, messages: Sequence[Message]) -> Answer | None:
        """The answer to an identical question of an earlier run, or of this one; None where there is none."""
        with suppress(OSError, msgspec.MsgspecError):
            return msgspec.json.decode(self._file(messages).read_bytes(), type=_Kept).answer
        return None

    def _file(self, messages: Sequence[Message]) -> Path:
        asked = [self.name, self.base, list(messages), TEMPERATURE, ANSWER_TOKENS]
        return self.folder / f"{hashlib.blake2b(msgspec.json.encode(asked), digest_size=16).hexdigest()}.json"

    def ask(self, messages: Sequence[Message]) -> Answer:
        """Send a question, and keep its answer. Raises UnansweredError."""
        found = self._run(
            {
                "do": "ask",
                "model": self.name,
                "messages": list(messages),
                "temperature": TEMPERATURE,
                "max_tokens": ANSWER_TOKENS,
                "timeout": self._seconds,
            },
            self._seconds + _STARTS_S,
        )
        if found["cut"]:
            raise UnansweredError(
                f"the answer was longer than {ANSWER_TOKENS:,} tokens, or than the model can write"
            )
        answer = Answer(
            text=found["text"], input_tokens=found["input_tokens"], output_tokens=found["output_tokens"]
        )
        self._keep(
            self._file(messages),
            _Kept(
                model=self.name,
                base=self.base,
                messages=list(messages),
                temperature=TEMPERATURE,
                answer=answer,
            ),
        )
        return answer

    def _keep(self, file: Path, kept: _Kept) -> None:
        with suppress(OSError):  # then it is asked again, that is all
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            beside = file.with_suffix(f".{os.getpid()}")
            beside.touch(mode=0o600)
            beside.write_bytes(msgspec.json.encode(kept))
            beside.replace(file)
            files = sorted(self.folder.glob("*.json"), key=lambda path: path.stat().st_mtime)
            for old in files[:-_KEPT]:
                old.unlink(missing_ok=True)

    def _run(self, task: dict[str, Any], seconds: float) -> dict[str, Any]:
        """What LiteLLM says to a task. Raises UnansweredError."""
        found = self._process.ask(task, seconds)
        self.hosts = list(dict.fromkeys([*self.hosts, *found.get("hosts", ())]))
        if "error" in found:
            kind = found["error"]
            # Providers quote what they were sent, the key among it.
            told = _CLASSES.sub("", " ".join(mask(found["text"], os.environ).split()))[:_LONGEST].rstrip(" .")
            what, advice = _ADVICE.get(kind, ("LiteLLM failed", ""))
            raise UnansweredError(
                f"{what} ({told}){advice and '; '}{advice}", ends=kind in _ENDING, is_late=kind == "time"
            )
        return found


class _Process:
    """LiteLLM in a process of its own, started when first asked, and anew where it had to be stopped."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._lines: queue.SimpleQueue[bytes] = queue.SimpleQueue()

    def ask(self, task: dict[str, Any], seconds: float) -> dict[str, Any]:
        """What it says to a task; an error where that takes longer, or the process ends."""
        process = self._started()
        assert process.stdin is not None
        try:
            process.stdin.write(msgspec.json.encode(task) + b"\n")
            process.stdin.flush()
            found: dict[str, Any] = msgspec.json.decode(self._lines.get(timeout=seconds))
        except queue.Empty:
            self.close()
            return {"error": "time", "text": f"none within {seconds:.0f} s"}
        except (OSError, msgspec.DecodeError):
            self.close()
            return {"error": "other", "text": f"its process ended with {process.returncode}"}
        return found

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            lines: queue.SimpleQueue[bytes] = queue.SimpleQueue()
            process = subprocess.Popen(
                [sys.executable, "-P", "-m", "pitstop.proposing.litellm_run"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={**os.environ, **OFFLINE},
            )
            self._process, self._lines = process, lines
            threading.Thread(target=_read, args=(process, lines), daemon=True).start()
        return self._process

    def close(self) -> None:
        """End it."""
        if self._process is not None:
            process, self._process = self._process, None
            process.kill()
            process.wait()
            with suppress(OSError):
                process.stdin.close()  # type: ignore[union-attr] # it is a pipe


def _read(process: subprocess.Popen[bytes], lines: queue.SimpleQueue[bytes]) -> None:
    """Hand on what a process says, and nothing in the end."""
    assert process.stdout is not None
    with process.stdout as stream:
        for line in stream:
            lines.put(line)
    lines.put(b"")
