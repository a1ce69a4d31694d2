"""Calls to language models: model, tokens, and whether the same was asked, never what."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pitstop.traces.records import LanguageModel, Run
from pitstop_probe.llm import MOST_PARTS, Exchanged, body_of, is_endpoint
from pitstop_probe.request import digest

from .runner import Runner

APP = """
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import aiohttp
import httpx
import requests
from fastapi import FastAPI
from openai import AsyncOpenAI, OpenAI

CHUNK = {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "small"}
ANSWERS = {
    "/v1/chat/completions": {
        "id": "1", "object": "chat.completion", "created": 1, "model": "small",
        "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "told secret"}}],
        "usage": {"prompt_tokens": 7, "completion_tokens": 5, "total_tokens": 12},
    },
    "/v1/embeddings": {
        "object": "list", "model": "small", "data": [{"object": "embedding", "index": 0, "embedding": [0.5]}],
        "usage": {"prompt_tokens": 3, "total_tokens": 3},
    },
    "/v1/messages": {"content": [], "usage": {"input_tokens": 2, "cache_read_input_tokens": 90, "output_tokens": 4}},
    "/surveys/responses": {"usage": {"input_tokens": 1}},
}


class Model(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])) or b"null")
        if isinstance(asked, dict) and asked.get("stream"):
            parts = [{**CHUNK, "choices": [{"index": 0, "delta": {"content": part}}]} for part in ("told ", "secret")]
            body = "".join(f"data: {json.dumps(part)}\\n\\n" for part in parts) + "data: [DONE]\\n\\n"
            kind = "text/event-stream"
        else:
            body, kind = json.dumps(ANSWERS[self.path]), "application/json"
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *args):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Model)
threading.Thread(target=server.serve_forever, daemon=True).start()
HOST = f"http://127.0.0.1:{server.server_port}"
URL = HOST + "/v1"
ASKED = {"model": "small", "messages": [{"role": "user", "content": "asked secret"}]}
model = OpenAI(base_url=URL, api_key="secret key")
async_model = AsyncOpenAI(base_url=URL, api_key="secret key")
app = FastAPI()


@app.get("/chat")
def chat():
    return model.chat.completions.create(**ASKED).choices[0].message.content == "told secret"

@app.get("/async-chat")
async def async_chat():
    answer = await async_model.chat.completions.create(**ASKED)
    return answer.usage.total_tokens == 12

@app.get("/other")
async def other():
    changed = [{"role": "user", "content": "another secret"}]
    return bool(await async_model.chat.completions.create(model="small", messages=changed))

@app.get("/stream")
async def stream():
    parts = [part async for part in await async_model.chat.completions.create(**ASKED, stream=True)]
    return "".join(part.choices[0].delta.content for part in parts) == "told secret"

@app.get("/embeddings")
def embeddings():
    return model.embeddings.create(model="small", input=["asked secret"]).data[0].embedding == [0.5]

@app.get("/requests")
def by_requests():
    return requests.post(URL + "/chat/completions", json=ASKED).json()["model"] == "small"

@app.get("/unread")
def unread():
    with requests.post(URL + "/chat/completions", json=ASKED, stream=True) as response:
        return json.loads(b"".join(response.iter_content(10)))["model"] == "small"

@app.get("/aiohttp")
async def by_aiohttp():
    asked = {"model": "small", "messages": [{"role": "user", "content": "asked secret"}]}
    async with aiohttp.ClientSession() as session:
        async with session.post(URL + "/chat/completions", json=asked) as response:
            asked["messages"].clear()
            return (await response.json())["model"] == "small"

@app.get("/messages")
async def messages():
    async with httpx.AsyncClient(trust_env=False) as client:
        answer = await client.post(URL + "/messages", json={**ASKED, "system": "secret"})
        return "usage" in answer.json()

@app.get("/streamed-question")
async def streamed_question():
    body = json.dumps(ASKED).encode()

    async def parts():
        yield body[:10]
        yield body[10:]

    async with httpx.AsyncClient(trust_env=False) as client:
        length = {"Content-Length": str(len(body))}
        answer = await client.post(URL + "/chat/completions", content=parts(), headers=length)
        return answer.json()["model"] == "small"

@app.get("/survey")
async def survey():
    async with httpx.AsyncClient(trust_env=False) as client:
        answer = await client.post(HOST + "/surveys/responses", json={"answers": ["a"]})
        other = await client.post(HOST + "/surveys/responses", json=["model", "input"])
        return answer.status_code == other.status_code == 200
"""
PATHS = (
    "/chat",
    "/async-chat",
    "/other",
    "/stream",
    "/embeddings",
    "/requests",
    "/unread",
    "/aiohttp",
    "/messages",
    "/streamed-question",
    "/survey",
)


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> tuple[Runner, Run]:
    """One request to each route; each sends a model something, and is true if its answer came as it was sent."""
    runner = Runner(tmp_path_factory.mktemp("asked"))
    runner.write("asking.py", APP)
    run = runner.requests("asking:app", *(f"GET {path}" for path in PATHS), client="async")
    assert {each.path: each.body for each in run.exchanges} == dict.fromkeys(PATHS, b"true")
    return runner, run


def told(asked: tuple[Runner, Run], path: str) -> LanguageModel:
    """What is known of the one call of a route."""
    runner, run = asked
    (call,) = runner.only(run, path)[1].calls
    assert call.llm is not None
    return call.llm


@pytest.mark.parametrize(
    ("path", "tokens"),
    [
        ("/chat", (7, 5)),
        ("/async-chat", (7, 5)),
        ("/other", (7, 5)),
        ("/stream", (None, None)),
        ("/embeddings", (3, None)),
        ("/requests", (7, 5)),
        ("/unread", (None, None)),
        ("/aiohttp", (7, 5)),
        ("/messages", (92, 4)),
    ],
)
def test_model_and_tokens(asked: tuple[Runner, Run], path: str, tokens: tuple[int, int]) -> None:
    llm = told(asked, path)
    assert llm.model == "small"
    assert (llm.input_tokens, llm.output_tokens) == tokens


def test_what_asks_the_same_has_the_same_hash(asked: tuple[Runner, Run]) -> None:
    same = {told(asked, path).prompt for path in ("/chat", "/async-chat", "/stream", "/requests", "/aiohttp")}
    others = {told(asked, path).prompt for path in ("/other", "/embeddings", "/messages")}
    assert len(same) == 1
    assert len(same | others) == 4


@pytest.mark.parametrize("path", ["/streamed-question", "/survey"])
def test_bodies_that_are_not_there_or_ask_no_model_tell_nothing(asked: tuple[Runner, Run], path: str) -> None:
    runner, run = asked
    calls = runner.only(run, path)[1].calls
    assert calls
    assert [call.llm for call in calls] == [None] * len(calls)


def test_no_text_is_written(asked: tuple[Runner, Run]) -> None:
    records = asked[0].written()
    assert '"model":"small"' in records
    assert "secret" not in records


@pytest.mark.parametrize(
    ("method", "url", "expected"),
    [
        ("POST", "https://api.openai.com/v1/chat/completions", True),
        ("POST", "http://proxy:4000/openai/deployments/x/embeddings", True),
        ("POST", "https://api.anthropic.com/v1/messages", True),
        ("GET", "https://api.openai.com/v1/responses", False),
        ("POST", "https://chat.example/rooms/5/messages", False),
        ("POST", "https://api.openai.com/v1/models", False),
    ],
)
def test_endpoints(method: str, url: str, expected: bool) -> None:
    assert is_endpoint(method, url) is expected


@pytest.mark.parametrize(
    ("usage", "tokens"),
    [
        ({"prompt_tokens": 5, "completion_tokens": 0, "cache_read_input_tokens": 4}, (5, 0)),
        ({"input_tokens": 5, "output_tokens": 1, "cache_creation_input_tokens": 4}, (9, 1)),
        ({"prompt_tokens": True, "completion_tokens": "many"}, (None, None)),
        ({"total_tokens": 5}, (None, None)),
        (None, (None, None)),
        ("none", (None, None)),
    ],
)
def test_usage(usage: object, tokens: tuple[int | None, int | None]) -> None:
    exchanged = Exchanged(b'{"model": "m", "prompt": "p"}')
    exchanged.answer = json.dumps({"usage": usage}).encode()
    found = exchanged.told()
    assert found is not None
    assert (found.get("input_tokens"), found.get("output_tokens")) == tokens


def lines(name: str, count: int) -> str:
    return "".join(f"{name} {number} says something of its own.\n" for number in range(count))


def told_of(**asked: object) -> dict[str, Any]:
    found = Exchanged(json.dumps({"model": "m", **asked}).encode()).told()
    assert found is not None
    return found


def test_parts_are_the_same_wherever_the_text_stands() -> None:
    static = lines("rule", 100)
    messages = [{"role": "system", "content": [{"type": "text", "text": lines("today", 3) + static}]}]
    first = told_of(messages=messages)["parts"]
    second = told_of(system=static, messages=[{"role": "user", "content": "asked"}])["parts"]
    assert sum(length for _, length in first) == len(lines("today", 3) + static)
    shared = {known for known, _ in first} & {known for known, _ in second}
    assert sum(length for known, length in first if known in shared) > 0.8 * len(static)
    assert 10 < len(first) < 60


def test_parts_are_so_many_at_most() -> None:
    parts = told_of(input=lines("rule", 5_000))["parts"]
    assert len(parts) == MOST_PARTS + 1
    assert sum(length for _, length in parts) == len(lines("rule", 5_000))


def test_texts_to_embed_are_the_same_in_one_request_or_several() -> None:
    alone = [told_of(input=text, dimensions=8)["embedded"] for text in ("a", "b")]
    assert told_of(input=["a", "b"], dimensions=8)["embedded"] == [alone[0][0], alone[1][0]]
    assert told_of(input=["a"], dimensions=9)["embedded"] != alone[0]
    assert alone[0] != alone[1]


@pytest.mark.parametrize("asked", [{"input": [1, 2]}, {"input": "a", "stream": True}, {"prompt": "a"}])
def test_what_is_no_request_for_embeddings_has_no_texts_to_embed(asked: dict[str, object]) -> None:
    assert "embedded" not in told_of(**asked)


def test_what_is_no_text_is_no_part() -> None:
    picture = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}
    content = [picture, {"type": "text", "text": "What is it?"}, {"type": "text", "text": None}]
    assert [length for _, length in told_of(messages=[{"role": "user", "content": content}, 7])["parts"]] == [
        11
    ]
    deep: object = "deep"
    for _ in range(500):
        deep = [deep]
    assert told_of(input=deep)["parts"] == []


@pytest.mark.parametrize(
    "answer",
    [
        {"choices": [{"message": {"content": " said\n"}}, {"message": {"content": "also"}}]},
        {"choices": [{"text": "said"}]},
        {
            "output": [
                {"type": "reasoning"},
                {"type": "message", "content": [{"type": "output_text", "text": "said"}]},
            ]
        },
        {"content": [{"type": "text", "text": "sa"}, {"type": "text", "text": "id"}]},
    ],
)
def test_the_answer_is_known_by_its_hash(answer: object) -> None:
    exchanged = Exchanged(b'{"model": "m", "prompt": "p"}')
    exchanged.answer = json.dumps(answer).encode()
    assert exchanged.told() == {**told_of(prompt="p"), "answer": digest("said")}


@pytest.mark.parametrize(
    "answer", [{"choices": [{"message": {"content": None}}]}, {"choices": 1, "output": "said"}]
)
def test_an_answer_without_text_has_no_hash(answer: object) -> None:
    exchanged = Exchanged(b'{"model": "m", "prompt": "p"}')
    exchanged.answer = json.dumps(answer).encode()
    assert exchanged.told() == told_of(prompt="p")


@pytest.mark.parametrize(
    ("usage", "cached"),
    [
        ({"prompt_tokens_details": {"cached_tokens": 4}}, 4),
        ({"input_tokens_details": {"cached_tokens": 5}}, 5),
        ({"cache_read_input_tokens": 6}, 6),
        ({"prompt_tokens_details": {"cached_tokens": 0}, "input_tokens_details": None}, 0),
        ({"prompt_tokens_details": {"cached_tokens": "4"}}, None),
    ],
)
def test_cached_tokens(usage: object, cached: int | None) -> None:
    exchanged = Exchanged(b'{"model": "m", "prompt": "p"}')
    exchanged.answer = json.dumps({"usage": usage}).encode()
    found = exchanged.told()
    assert found is not None
    assert found.get("cached_tokens", 0) == (cached or 0)


def test_a_question_that_says_what_may_be_kept_is_marked() -> None:
    system = [{"type": "text", "text": "rules", "cache_control": {"type": "ephemeral"}}]
    assert told_of(system=system)["is_marked"] is True
    assert "is_marked" not in told_of(system="cache_control")


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[1]", b"\xff", b'{"model": 1, "input": 2}', b'{"model": "m"}', b"[" * 100_000]
)
def test_odd_bodies_tell_nothing(body: bytes) -> None:
    assert Exchanged(body).told() is None
    answered = Exchanged(b'{"model": "m", "input": null}')
    answered.answer = body
    assert answered.told() == Exchanged(b'{"model": "m", "input": null}').told()


@pytest.mark.parametrize(
    ("content", "body"),
    [
        ("é", "é".encode()),
        (b"a", b"a"),
        (bytearray(b"a"), b"a"),
        (None, b""),
        ({"a": 1}, b""),
        (b"a" * (1024 * 1024 + 1), b""),
        ("é" * (600 * 1024), b""),
    ],
)
def test_bodies_that_are_taken(content: object, body: bytes) -> None:
    assert body_of(content) == body
