"""`keys-fetched-per-request`: clients that are made once, and keys of which a person decides how long they may be kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from .trees import is_formatted, patched, reason, write

NAME = "keys-fetched-per-request"
HEAD = """\
import httpx
from fastapi import Depends, FastAPI, Header
from jwt import PyJWKClient, decode

from settings import settings

app = FastAPI()
URL = "https://login.example/jwks"


"""
TAIL = """

@app.get("/me")
def me(subject: str = Depends(subject)) -> str:
    return subject
"""
SETTINGS = """\
class Settings:
    domain = "login.example"


settings = Settings()
"""


def service(root: Path, subject: str) -> Path:
    return write(root, {"main.py": HEAD + subject + TAIL, "settings.py": SETTINGS})


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(
            """\
# whose token it is
def subject(authorization: str = Header()) -> str:
    client = PyJWKClient(
        f"https://{settings.domain}/jwks", headers={"User-Agent": "shop"}, lifespan=60
    )
    key = client.get_signing_key_from_jwt(authorization)
    return decode(authorization, key.key, algorithms=["RS256"])["sub"]
""",
            """\
@lru_cache
def get_jwks_client() -> PyJWKClient:
    return PyJWKClient(
        f"https://{settings.domain}/jwks", headers={"User-Agent": "shop"}, lifespan=60
    )


# whose token it is
def subject(authorization: str = Header()) -> str:
    client = get_jwks_client()
    key = client.get_signing_key_from_jwt(authorization)
    return decode(authorization, key.key, algorithms=["RS256"])["sub"]
""",
            id="an address of the settings",
        ),
        pytest.param(
            """\
def subject(authorization: str = Header()) -> str:
    jwks_url = f"https://{settings.domain}/jwks"
    keys = PyJWKClient(jwks_url, cache_keys=True)
    key = keys.get_signing_key_from_jwt(authorization)
    return decode(authorization, key.key, algorithms=["RS256"])["sub"]
""",
            """\
@lru_cache
def get_jwks_client(url: str) -> PyJWKClient:
    return PyJWKClient(url, cache_keys=True)


def subject(authorization: str = Header()) -> str:
    jwks_url = f"https://{settings.domain}/jwks"
    keys = get_jwks_client(jwks_url)
    key = keys.get_signing_key_from_jwt(authorization)
    return decode(authorization, key.key, algorithms=["RS256"])["sub"]
""",
            id="an address that the function puts together",
        ),
    ],
)
def test_one_client(before: str, after: str, tmp_path: Path) -> None:
    root = service(tmp_path, before)
    patched(root, NAME)
    made = (root / "main.py").read_text("utf-8")
    assert made == "from functools import lru_cache\n\n" + HEAD + after + TAIL
    assert is_formatted(root, ["main.py"])


@pytest.mark.parametrize(
    ("body", "because"),
    [
        (
            'keys = PyJWKClient(f"https://{authorization}/jwks")',
            "which keys are fetched may differ from one request to the next",
        ),
        (
            'url = f"https://{authorization}/jwks"\n    keys = PyJWKClient(url)',
            "which keys are fetched may differ from one request to the next",
        ),
        (
            "url = URL\n    if authorization:\n        url = settings.domain\n    keys = PyJWKClient(url)",
            "which keys are fetched may differ from one request to the next",
        ),
        (
            "url = URL\n    life = 9\n    keys = PyJWKClient(url, lifespan=life)",
            "the client is made of several values of the function",
        ),
        ("keys = PyJWKClient(URL, cache_jwk_set=False)", "told not to keep what it fetches"),
        ("keys = PyJWKClient(\n        URL  # theirs\n    )", "holds comments"),
        ("keys = httpx.get(URL)", "how long what is fetched by hand may be kept is a decision"),
    ],
)
def test_keys_that_are_left(body: str, because: str, tmp_path: Path) -> None:
    text = f"def subject(authorization: str = Header()) -> str:\n    {body}\n    return str(keys)\n"
    assert because in reason(service(tmp_path, text), NAME)
