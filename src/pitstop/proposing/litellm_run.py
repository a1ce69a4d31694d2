"""LiteLLM in a process of its own: tasks come in by standard input, answers go out by standard output, each a line of JSON.

A process of its own, because LiteLLM takes seconds to import, reads `.env` files into its environment and asks for prices over the
network if it is let, and so that an answer which does not come can be given up.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import time
from typing import Any

OFFLINE = {"LITELLM_LOCAL_MODEL_COST_MAP": "True", "LITELLM_MODE": "PRODUCTION", "HF_HUB_OFFLINE": "1"}
"""Keeps LiteLLM from fetching its table of prices, from reading `.env`, and tokenizers from being fetched: nothing leaves the machine but the question."""
_WAIT_S = 5.0
"""Before a question is sent again that was refused for coming too fast, where the answer does not say how long; and at most so long:"""
_LONGEST_WAIT_S = 30.0
_KINDS = {
    "AuthenticationError": "key",
    "PermissionDeniedError": "key",
    "RateLimitError": "rate",
    "BudgetExceededError": "rate",
    "Timeout": "time",
    "APIConnectionError": "connection",
    "ServiceUnavailableError": "server",
    "InternalServerError": "server",
    "NotFoundError": "model",
    "ContextWindowExceededError": "length",
    "ContentPolicyViolationError": "declined",
}


def main() -> None:
    """Do what is asked, line by line, until there is nothing more to be asked."""
    # Whatever LiteLLM prints must not come between.
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    hosts: list[str] = []
    sys.addaudithook(
        lambda event, given: hosts.append(str(given[0])) if event == "socket.getaddrinfo" else None
    )
    litellm: Any = None
    for line in sys.stdin:
        task = json.loads(line)
        try:
            litellm = litellm or _imported()
            answer = _looked(litellm, task["model"]) if task["do"] == "look" else _asked(litellm, task)
        except Exception as error:  # LiteLLM's errors are those of a hundred providers
            answer = {"error": _kind(error), "text": f"{type(error).__name__}: {error}"}
        json.dump({**answer, "hosts": list(dict.fromkeys(hosts))}, out)
        out.write("\n")
        out.flush()
    # What LiteLLM has running in the background has nothing to say any more.
    os._exit(0)


def _imported() -> Any:
    litellm: Any = importlib.import_module("litellm")
    litellm.suppress_debug_info = True
    litellm.drop_params = True
    litellm.telemetry = False
    return litellm


def _kind(error: Exception) -> str:
    # A refused connection comes as a failure of the server, and so does a key that is not there.
    text = str(error).lower()
    if "connection error" in text:
        return "connection"
    return "key" if "missing credentials" in text else _KINDS.get(type(error).__name__, "other")


def _looked(litellm: Any, model: str) -> dict[str, Any]:
    """Whose a model is, and where it is asked if that is not where its provider usually is."""
    _, provider, _, base = litellm.get_llm_provider(model=model)
    name = provider.upper()
    named = next(filter(None, (os.environ.get(f"{name}_{end}") for end in ("BASE_URL", "API_BASE"))), "")
    return {"provider": provider, "base": named or base or ""}


def _asked(litellm: Any, task: dict[str, Any]) -> dict[str, Any]:
    model, limit = task["model"], task["max_tokens"]
    try:
        known = litellm.get_model_info(model).get("max_output_tokens")
    except Exception:  # not every model is in LiteLLM's table
        known = None
    given = {
        "model": model,
        "messages": task["messages"],
        "temperature": task["temperature"],
        "max_tokens": min(limit, known) if known else limit,
        "timeout": task["timeout"],
        "max_retries": 0,
        "num_retries": 0,
    }
    try:
        answer = litellm.completion(**given)
    except litellm.RateLimitError as error:
        time.sleep(_wait(error))
        answer = litellm.completion(**given)
    choice, usage = answer.choices[0], getattr(answer, "usage", None)
    return {
        "text": choice.message.content or "",
        "cut": choice.finish_reason == "length",
        "input_tokens": getattr(usage, "prompt_tokens", 0) or 0,
        "output_tokens": getattr(usage, "completion_tokens", 0) or 0,
    }


def _wait(error: Any) -> float:
    """Seconds to wait before a question is sent again."""
    said = getattr(getattr(error, "response", None), "headers", {}).get("retry-after", "")
    try:
        return min(float(said), _LONGEST_WAIT_S)
    except ValueError:
        return _WAIT_S


if __name__ == "__main__":
    main()
