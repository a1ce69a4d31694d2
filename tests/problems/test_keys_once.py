"""`key-parsed-per-request`: a function under a cache gives the key, and keys of what a request knows stay."""

from __future__ import annotations

from pathlib import Path

import pytest

from .trees import is_formatted, patched, reason, write

PARSED = "key-parsed-per-request"
MAIN = """\
from pathlib import Path

from cryptography.hazmat.primitives.serialization import load_pem_private_key
from fastapi import FastAPI
from jwt.algorithms import RSAAlgorithm

app = FastAPI()
FILE = Path("keys/private.pem")
JWK = Path("keys/key.json").read_text()


# signs a name
@app.get("/links/{name}")
def link(name: str) -> str:
    key = load_pem_private_key(FILE.read_bytes(), password=None)
    return key.sign(name) + key.sign(name)
"""
CALL = "load_pem_private_key(FILE.read_bytes(), password=None)"


def test_the_function_stands_above_the_comments(tmp_path: Path) -> None:
    root = write(tmp_path, {"main.py": MAIN})
    patched(root, PARSED)
    text = (root / "main.py").read_text()
    assert f"\n\n\n@lru_cache\ndef private_key():\n    return {CALL}\n\n\n# signs a name\n@app" in text
    assert "-> str:\n    return private_key().sign(name) + private_key().sign(name)\n" in text
    assert is_formatted(root, ["main.py"])


@pytest.mark.parametrize(
    ("call", "name"),
    [
        ("RSAAlgorithm.from_jwk(JWK)", "parsed_key"),
        ("load_pem_private_key(\n        FILE.read_bytes(),\n        password=None,\n    )", "private_key"),
    ],
)
def test_what_it_is_called(call: str, name: str, tmp_path: Path) -> None:
    root = write(tmp_path, {"main.py": MAIN.replace(CALL, call)})
    patched(root, PARSED)
    text = (root / "main.py").read_text()
    assert f"@lru_cache\ndef {name}():\n    return {call}\n" in text
    assert f"    return {name}().sign(name)" in text


def test_a_function_that_only_gives_the_key_keeps_it(tmp_path: Path) -> None:
    given = MAIN.replace(CALL, "secret()") + f"\n\ndef secret():\n    return {CALL}\n"
    root = write(tmp_path, {"main.py": given})
    patched(root, PARSED)
    assert (root / "main.py").read_text() == given.replace(
        "\ndef secret", "\n@lru_cache\ndef secret"
    ).replace("from pathlib", "from functools import lru_cache\nfrom pathlib", 1)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (f"    key = {CALL}", "    with FILE.open('rb') as file:\n        key = load_pem_private_key(file.read(), None)", "`file`, of which"),
        ("# signs a name", "private_key = None\n\n\n# signs a name", "something else already"),
        ("def link(name: str)", "def link(name: str, private_key: int = 0)", "something else already"),
        ("    return key.sign", f"    other = {CALL}\n    return other.sign(name) + key.sign", "several places"),
    ],
)  # fmt: skip
def test_declined(old: str, new: str, words: str, tmp_path: Path) -> None:
    assert old in MAIN
    root = write(tmp_path, {"main.py": MAIN.replace(old, new, 1)})
    assert words in reason(root, PARSED)
