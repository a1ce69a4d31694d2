"""`client-per-request`: what may be shared, and what must not."""

from __future__ import annotations

from pathlib import Path

import pytest

from pitstop.data import Patch

from .trees import apply, findings, is_formatted, patched, proposals, reason, write

CLIENT = "client-per-request"
MAIN = """\
from contextlib import asynccontextmanager

import httpx
from fastapi import FastAPI


@asynccontextmanager
async def lifespan(app: FastAPI):
    yield


app = FastAPI(lifespan=lifespan)


# the rates of today
@app.get("/rates/{currency}")
async def rate(currency: str):
    async with httpx.AsyncClient(timeout=5) as client:  # slow at noon
        answer = await client.get(f"https://rates.example/{currency}")
        answer.raise_for_status()
    return answer.json()
"""


def test_comments_stay_with_what_they_are_about(tmp_path: Path) -> None:
    root = write(tmp_path, {"main.py": MAIN})
    patched(root, CLIENT)
    text = (root / "main.py").read_text()
    assert "    return httpx.AsyncClient(timeout=5)\n\n\n# the rates of today\n@app.get(" in text
    assert "# slow at noon" in text
    assert is_formatted(root, ["main.py"])


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (
            "        answer.raise",
            "        client.headers['x'] = currency\n        answer.raise",
            "client.headers",
        ),
        ("        answer.raise", "        client.cookies.clear()\n        answer.raise", "client.cookies"),
        ("        answer.raise", "        print(client)\n        answer.raise", "handed on"),
        ("        answer.raise", "        await client.aclose()\n        answer.raise", "client.aclose"),
        ("timeout=5", "base_url=currency", "values of the request"),
        ("timeout=5", "transport=httpx.AsyncHTTPTransport()", "transport of its own"),
        ("    return answer", "    await client.get('/')\n    return answer", "outside of its block"),
        ("FastAPI(lifespan=lifespan)", "FastAPI()", "no lifespan"),
        (
            "httpx.AsyncClient(timeout=5) as client",
            "httpx.AsyncClient(timeout=5) as client, app.lock",
            "`with` block of its own",
        ),
    ],
)
def test_what_one_request_would_leave_to_another_is_declined(
    tmp_path: Path, old: str, new: str, words: str
) -> None:
    assert old in MAIN
    assert words in reason(write(tmp_path, {"main.py": MAIN.replace(old, new)}), CLIENT)


def test_settings_that_change_while_the_service_runs_are_declined(tmp_path: Path) -> None:
    settings = "class Settings:\n    url = 'x'\n\n\nsettings = Settings()\n\n\ndef change(value):\n    setattr(settings, 'url', value)\n"
    main = MAIN.replace("timeout=5", "base_url=settings.url").replace(
        "import httpx\n", "import httpx\nfrom settings import settings\n"
    )
    assert "changes while the service runs" in reason(
        write(tmp_path, {"main.py": main, "settings.py": settings}), CLIENT
    )


def test_the_second_place_uses_what_the_first_made(tmp_path: Path) -> None:
    second = MAIN[MAIN.index("@app.get") :].replace("/rates", "/more").replace("def rate", "def more")
    root = write(tmp_path, {"main.py": MAIN + "\n\n" + second})
    for left in (2, 1):
        given = proposals(root, CLIENT)
        assert len(given) == left
        assert isinstance(given[0], Patch)
        apply(root, given[0])
    text = (root / "main.py").read_text()
    assert findings(root, CLIENT) == []
    assert text.count("def shared_client") == 1
    assert text.count("aclose()") == 1
    assert text.count("client = shared_client()") == 2


def test_in_another_module_than_the_lifespan(tmp_path: Path) -> None:
    route = MAIN[MAIN.index("# the rates") :].replace("app.get", "router.get")
    files = {
        "app/__init__.py": "",
        "app/main.py": MAIN[: MAIN.index("\n\n# the rates")]
        .replace("import httpx\n", "")
        .replace(
            "from fastapi import FastAPI\n", "from fastapi import FastAPI\n\nfrom app.rates import router\n"
        )
        + "app.include_router(router)\n",
        "app/rates.py": "import httpx\nfrom fastapi import APIRouter\n\nrouter = APIRouter()\n\n\n" + route,
    }
    root = write(tmp_path, files)
    diff = patched(root, CLIENT)
    assert "+from app.rates import router, shared_client" in diff
    assert "+    await shared_client().aclose()" in diff


@pytest.mark.parametrize(("old", "new"), [("\n", "\r\n"), ("    ", "\t")], ids=["CRLF", "tabs"])
def test_line_ends_and_tabs(tmp_path: Path, old: str, new: str) -> None:
    root = write(tmp_path, {"main.py": MAIN.replace(old, new)})
    patched(root, CLIENT)
    text = (root / "main.py").read_bytes().decode()
    assert "shared_client()" in text
    assert new == "\r\n" or "\n    " not in text
