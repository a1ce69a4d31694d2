"""`embedding-one-by-one`: loops that get one over batches around them, and loops that are left."""

from __future__ import annotations

from pathlib import Path

import pytest

from .trees import is_formatted, patched, reason, write

NAME = "embedding-one-by-one"
HEAD = """\
from fastapi import FastAPI
from openai import AsyncOpenAI, OpenAI
from sentence_transformers import SentenceTransformer

app = FastAPI()
client = AsyncOpenAI()
plain = OpenAI()
model = SentenceTransformer("small")


@app.post("/documents")
"""


def handler(root: Path, text: str) -> Path:
    return write(root, {"main.py": HEAD + text})


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(
            """\
async def add(texts: list[str]) -> dict[str, list[float]]:
    found = {}
    # all of them
    for text in texts:
        answer = await client.embeddings.create(model="small", input=[text], dimensions=256)

        # the vector
        vector = answer.data[0].embedding
        if not vector:
            continue
        found[text] = vector
    return found
""",
            """\
async def add(texts: list[str]) -> dict[str, list[float]]:
    found = {}
    # all of them
    for start in range(0, len(texts), 32):
        batch = texts[start : start + 32]
        answer = await client.embeddings.create(
            model="small", input=batch, dimensions=256
        )
        for text, embedded in zip(batch, answer.data):

            # the vector
            vector = embedded.embedding
            if not vector:
                continue
            found[text] = vector
    return found
""",
            id="texts that are needed again",
        ),
        pytest.param(
            """\
def add(text: str) -> list[list[float]]:
    lines = text.splitlines()
    found = []
    for line in lines:
        found.append(plain.embeddings.create(model="small", input=f"- {line}").data[0].embedding)
    return found
""",
            """\
def add(text: str) -> list[list[float]]:
    lines = text.splitlines()
    found = []
    for start in range(0, len(lines), 32):
        batch = lines[start : start + 32]
        answer = plain.embeddings.create(
            model="small", input=[f"- {line}" for line in batch]
        )
        for embedded in answer.data:
            found.append(embedded.embedding)
    return found
""",
            id="texts that are made of the items",
        ),
    ],
)
def test_batches(before: str, after: str, tmp_path: Path) -> None:
    root = handler(tmp_path, before)
    patched(root, NAME)
    made = (root / "main.py").read_text("utf-8")
    assert made == HEAD + after


def test_what_is_made_is_formatted(tmp_path: Path) -> None:
    text = """\
async def add(texts: list[str]) -> list[float]:
    found = []
    for text in texts:
        found.append((await client.embeddings.create(model="s", input=text)).data[0].embedding)
    return found
"""
    root = handler(tmp_path, text)
    patched(root, NAME)
    assert is_formatted(root, ["main.py"])


LOOP = """\
async def add(texts: list[str]) -> list:
    found = []
    for text in texts:
        {lines}
    return found
"""
ASK = 'answer = await client.embeddings.create(model="small", input=text)'


@pytest.mark.parametrize(
    ("lines", "because"),
    [
        (
            f"print(text)\n        {ASK}\n        found.append(answer.data[0])",
            "does other things before it embeds",
        ),
        (f"if text:\n            {ASK}\n            found.append(answer.data[0])", "may not embed at all"),
        (f"{ASK}\n        found.append(answer)", "more of the answer is used"),
        (f"{ASK}\n        found.append(answer.data[0])\n        texts.append(text)", "the loop uses `texts`"),
        (
            f"{ASK}\n        text = answer.data[0]\n        found.append(text)",
            "the loop changes `text`",
        ),
        (f"{ASK}\n        found.append(lambda: answer.data[0])", "keeps its names"),
        (f"{ASK}  # slow\n        found.append(answer.data[0])", "shares its line with a comment"),
    ],
)
def test_turns_that_are_left(lines: str, because: str, tmp_path: Path) -> None:
    assert because in reason(handler(tmp_path, LOOP.replace("{lines}", lines)), NAME)


@pytest.mark.parametrize(
    ("text", "because"),
    [
        (
            (
                "async def add(texts: set[str]) -> None:\n    for text in texts:\n        "
                f"{ASK}\n        print(answer.data[0])\n"
            ),
            "it is not known that `texts` is a list",
        ),
        (
            (
                "async def add(texts: list[str]) -> None:\n    texts = set(texts)\n    for text in texts:\n        "
                f"{ASK}\n        print(answer.data[0])\n"
            ),
            "it is not known that `texts` is a list",
        ),
        (
            (
                "async def add(texts: list[str]) -> None:\n    for text in texts:\n        "
                f"{ASK}\n        print(answer.data[0])\n    print(text)\n"
            ),
            "`text` of the last turn is read after the loop",
        ),
        (
            "def add(texts: list[str]) -> int:\n    return len([model.encode(text) for text in texts])\n",
            "is left to a person",
        ),
        (
            (
                "async def add(texts: list[str]) -> list:\n    return [await one(text) for text in texts]\n\n\n"
                f"async def one(text: str) -> list[float]:\n    {ASK}\n    return answer.data[0].embedding\n"
            ),
            "the loop calls a function that takes one text",
        ),
        (
            (
                "async def add(texts: list[str]) -> list:\n    return "
                f"[({ASK.removeprefix('answer = ')}).data[0] for text in texts]\n"
            ),
            "stands in a comprehension",
        ),
    ],
)
def test_loops_that_are_left(text: str, because: str, tmp_path: Path) -> None:
    assert because in reason(handler(tmp_path, text), NAME)
