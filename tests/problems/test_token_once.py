"""`token-decoded-twice`: the claims as a dependency that FastAPI runs once for a request."""

from __future__ import annotations

from pathlib import Path

import jwt
import pytest

from pitstop.data import Patch

from .served import client
from .trees import is_formatted, patched, proposals, reason, write

PROBLEM = "token-decoded-twice"
SECRET = "of the service, and long enough for it"
HEAD = f"""\
import jwt
from fastapi import Depends, FastAPI, HTTPException, Request
from fastapi.security import OAuth2PasswordBearer

app = FastAPI()
scheme = OAuth2PasswordBearer("/token")
SECRET = "{SECRET}"


"""
HANDLED = """\
# who asks
def user(request: Request, token: str = Depends(scheme)) -> str:
    \"\"\"The user.\"\"\"
    try:
        payload = jwt.decode(token, SECRET, algorithms=["HS256"])
    except jwt.ExpiredSignatureError:
        raise HTTPException(401, "too old")
    except jwt.InvalidTokenError as error:
        raise HTTPException(401, type(error).__name__) from error

    return payload["sub"]


def tenant(token: str = Depends(scheme)) -> str:
    try:
        found = jwt.decode(token, SECRET, algorithms=["HS256"])
    except jwt.ExpiredSignatureError:
        raise HTTPException(401, "too old")
    except jwt.InvalidTokenError as error:
        raise HTTPException(401, type(error).__name__) from error
    return found.get("tenant", "")


@app.get("/bills/{number}")
def bills(
    number: int, who: str = Depends(user), whose: str = Depends(tenant)
) -> list[str]:
    return [who, whose]
"""
PLAIN = """\
async def user(token: str = Depends(scheme)) -> str:
    claims = jwt.decode(token, SECRET, algorithms=["HS256"])
    return claims["sub"]


@app.get("/bills/{number}")
async def bills(
    number: int, who: str = Depends(user), token: str = Depends(scheme)
) -> list[str]:
    tenant = jwt.decode(token, SECRET, algorithms=["HS256"])["tenant"]
    return [who, tenant]
"""


def service(root: Path, body: str) -> Path:
    return write(root, {"main.py": HEAD + body})


def answers(root: Path) -> list[tuple[int, object]]:
    """What good and bad tokens are answered with, and none, and a bad request with each."""
    asked = client(root)[0]
    good = jwt.encode({"sub": "me", "tenant": "ours"}, SECRET, "HS256")
    old = jwt.encode({"sub": "me", "tenant": "ours", "exp": 1}, SECRET, "HS256")
    other = jwt.encode({"sub": "me", "tenant": "ours"}, SECRET[::-1], "HS256")
    given = []
    for path in ("/bills/1", "/bills/one"):
        for token in (good, old, other, "none", ""):
            headers = {"authorization": f"Bearer {token}"} if token else {}
            answer = asked.get(path, headers=headers)
            given.append((answer.status_code, answer.text))
    return [*given, (200, asked.get("/openapi.json").text)]


@pytest.mark.parametrize("body", [HANDLED, PLAIN])
def test_answers_are_the_same(body: str, tmp_path: Path) -> None:
    root = service(tmp_path, body)
    before = answers(root)
    assert before[0] == (200, '["me","ours"]')
    assert before[1][0] in (401, 500)
    patched(root, PROBLEM)
    assert answers(root) == before
    assert (root / "main.py").read_text().count("jwt.decode(") == 1
    assert is_formatted(root, ["main.py"])


def test_what_is_done_for_a_bad_token_goes_along(tmp_path: Path) -> None:
    root = service(tmp_path, HANDLED)
    patched(root, PROBLEM)
    text = (root / "main.py").read_text()
    assert (
        "async def claims(token: str = Depends(scheme)) -> dict[str, Any]:\n    try:\n"
        '        return jwt.decode(token, SECRET, algorithms=["HS256"])\n    except jwt.ExpiredSignatureError:\n'
    ) in text
    assert (
        "# who asks\ndef user(request: Request, payload: dict[str, Any] = Depends(claims)) -> str:\n"
        '    """The user."""\n\n    return payload["sub"]\n'
    ) in text
    assert "def tenant(found: dict[str, Any] = Depends(claims)) -> str:\n    return found.get(" in text


def test_a_name_that_is_taken_is_not_taken_again(tmp_path: Path) -> None:
    (patch,) = proposals(service(tmp_path, PLAIN), PROBLEM)
    assert isinstance(patch, Patch)
    assert "+async def token_claims(token" in patch.diff
    assert "claims: dict[str, Any] = Depends(token_claims)" in patch.diff
    assert "+    tenant = token_claims[" in patch.diff


@pytest.mark.parametrize(
    ("body", "old", "new", "words"),
    [
        (PLAIN, '    claims = jwt.decode(token, SECRET, algorithms=["HS256"])\n    return claims["sub"]', '    return jwt.decode(token, SECRET, algorithms=["HS256"])', "`user` does no more than decode"),
        (PLAIN, 'tenant = jwt.decode(token, SECRET, algorithms=["HS256"])', 'tenant = jwt.decode(token, SECRET, algorithms=["HS512"])', "in the same words"),
        (PLAIN, "    claims = jwt", "    print()\n    claims = jwt", "`user` does something before"),
        (PLAIN, 'claims["sub"]', 'claims.pop("sub")', "`user` hands the claims on"),
        (PLAIN, 'claims["sub"]', 'claims["sub"] + token', "`user` needs the token itself"),
        (PLAIN, "user(token: str", "user(page: int, token: str", "`page` of `user` comes from the request"),
        (PLAIN, "token, SECRET", "token, key_of()", "is asked for the key"),
        (PLAIN, "(token: str = Depends(scheme)) -> str", "(token: str = Depends(scheme), SECRET: str = Depends(scheme)) -> str", "is made for each request"),
        (HANDLED, '"too old")\n    except jwt.InvalidTokenError as error:\n        raise HTTPException(401, type(error).__name__) from error\n    return found', '"old")\n    return found', "answer differently"),
        (HANDLED, '        raise HTTPException(401, type(error).__name__) from error\n    return found', "        return str(error)\n    return found", "goes on without claims"),
        (HANDLED, "[who, whose]", '[who, whose, tenant("")]', "`tenant` is called by code"),
    ],
)  # fmt: skip
def test_declined(body: str, old: str, new: str, words: str, tmp_path: Path) -> None:
    assert old in body
    assert words in reason(service(tmp_path, body.replace(old, new)), PROBLEM)


def test_in_two_files_it_is_left_to_the_user(tmp_path: Path) -> None:
    name, rest = PLAIN.split("\n\n\n", 1)
    files = {"who.py": HEAD + name, "main.py": f"{HEAD}from who import scheme, user\n\n\n{rest}"}
    files["main.py"] = files["main.py"].replace('scheme = OAuth2PasswordBearer("/token")\n', "")
    assert "in different files" in reason(write(tmp_path, files), PROBLEM)
