"""Plain calls of httpx, through the client that the service shares already."""

from __future__ import annotations

from pathlib import Path

import pytest

from .trees import is_formatted, patched, write

BLOCKS = "blocking-call-in-async"
MAIN = """\
from contextlib import asynccontextmanager

import httpx
from fastapi import FastAPI

from app.rates import router
from app.settings import settings


@asynccontextmanager
async def lifespan(app: FastAPI):
    base = settings.rates_url
    app.state.rates_url = base
    app.state.http = httpx.AsyncClient()
    yield
    await app.state.http.aclose()


app = FastAPI(lifespan=lifespan)
app.include_router(router)
"""
DEPENDENCIES = """\
from typing import Annotated

import httpx
from fastapi import Depends, Request


async def rates_url(request: Request) -> str:
    return request.app.state.rates_url


RatesUrl = Annotated[str, Depends(rates_url)]


async def http_client(request: Request) -> httpx.AsyncClient:
    return request.app.state.http


HttpClient = Annotated[httpx.AsyncClient, Depends(http_client)]
"""
OTHER = """\
async def other(request: Request) -> httpx.AsyncClient:
    return request.app.state.other


OtherClient = Annotated[httpx.AsyncClient, Depends(other)]
"""
SETTINGS = """\
class Settings:
    rates_url: str = "https://rates.example"


settings = Settings()
"""
RATES = """\
import httpx
from fastapi import APIRouter

from app.dependencies import RatesUrl

router = APIRouter()


@router.get("/rates/{currency}")
async def rate(currency: str, rates_url: RatesUrl, days: int = 1) -> float:
    answer = httpx.get(f"{rates_url}/latest/{currency}", params={"days": days})
    return answer.json()["rate"]
"""


def tree(
    tmp_path: Path,
    *,
    main: tuple[str, str] = ("", ""),
    rates: tuple[str, str] = ("", ""),
    given: tuple[str, str] = ("", ""),
) -> Path:
    """The service, with one text of a file replaced by another."""
    files = {}
    for name, text, (old, new) in (
        ("main", MAIN, main),
        ("rates", RATES, rates),
        ("dependencies", DEPENDENCIES, given),
    ):
        assert old in text
        files[f"app/{name}.py"] = text.replace(old, new, 1) if old else text
    return write(tmp_path, files | {"app/__init__.py": "", "app/settings.py": SETTINGS})


def mended(root: Path) -> str:
    patched(root, BLOCKS)
    return (root / "app/rates.py").read_text()


def test_a_handler_is_given_the_client(tmp_path: Path) -> None:
    root = tree(tmp_path)
    text = mended(root)
    assert "from app.dependencies import HttpClient, RatesUrl\n" in text
    assert (
        "async def rate(\n    currency: str, rates_url: RatesUrl, client: HttpClient, days: int = 1\n) -> float:"
        in text
    )
    assert 'answer = await client.get(f"{rates_url}/latest/{currency}", params={"days": days})\n' in text
    assert "import httpx" not in text
    assert is_formatted(root, ["app/rates.py"])


@pytest.mark.parametrize(
    ("built", "called", "shown"),
    [
        ("timeout=10", "", ", timeout=5.0)"),
        ("timeout=settings.patience", "", ", timeout=5.0)"),
        ("timeout=5", "", '"days": days})'),
        ("timeout=10", ", timeout=3", '"days": days}, timeout=3)'),
        ("limits=httpx.Limits(max_connections=9)", "", '"days": days})'),
        ("base_url=base", "", '"days": days})'),
        ("base_url=settings.rates_url", "", '"days": days})'),
    ],
)
def test_it_waits_as_long_as_before(tmp_path: Path, built: str, called: str, shown: str) -> None:
    root = tree(
        tmp_path,
        main=("httpx.AsyncClient()", f"httpx.AsyncClient({built})"),
        rates=('"days": days})', f'"days": days}}{called})'),
    )
    text = mended(root)
    assert "await client.get(" in text
    assert shown in text.replace("\n    )", ")")
    assert text.count("timeout") == shown.count("timeout")


@pytest.mark.parametrize(
    ("address", "base"),
    [
        ('"https://rates.example/latest"', '"https://rates.example"'),
        ('f"https://rates.example/latest/{currency}"', '"https://rates.example/v1"'),
        ('rates_url + "/latest"', "base"),
    ],
)
def test_a_client_of_the_same_server_is_used(tmp_path: Path, address: str, base: str) -> None:
    root = tree(
        tmp_path,
        main=("httpx.AsyncClient()", f"httpx.AsyncClient(base_url={base})"),
        rates=('f"{rates_url}/latest/{currency}"', address),
    )
    assert f"await client.get({address}" in mended(root)


@pytest.mark.parametrize(
    ("address", "base"),
    [
        ('"https://other.example/latest"', '"https://rates.example"'),
        ('f"https://rates{currency}/latest"', '"https://rates"'),
        ("currency", '"https://rates.example"'),
        ('f"{currency}/latest"', '"https://rates.example"'),
        ('f"{rates_url}/latest"', '"https://rates.example"'),
    ],
)
def test_a_client_of_another_server_is_not(tmp_path: Path, address: str, base: str) -> None:
    root = tree(
        tmp_path,
        main=("httpx.AsyncClient()", f"httpx.AsyncClient(base_url={base})"),
        rates=('f"{rates_url}/latest/{currency}"', address),
        given=("return request.app.state.rates_url", "return request.headers['x-rates']"),
    )
    assert "client" not in mended(root)


@pytest.mark.parametrize(
    "built",
    [
        "headers={'x-key': settings.rates_url}",
        "auth=('a', 'b')",
        "cookies={'a': 'b'}",
        "follow_redirects=True",
        "verify=False",
        "**settings.client",
    ],
)
def test_a_client_that_sends_more_is_not_used(tmp_path: Path, built: str) -> None:
    root = tree(tmp_path, main=("httpx.AsyncClient()", f"httpx.AsyncClient({built})"))
    assert "client" not in mended(root)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('params={"days": days}', "cookies={'a': 'b'}"),
        ('params={"days": days}', "verify=False"),
        ('params={"days": days}', "auth=signing(currency)"),
        ("httpx.get", "httpx.stream"),
        (
            'httpx.get(f"{rates_url}/latest/{currency}", params',
            "httpx.post(rates_url, content=iter(()), params",
        ),
        ('    return answer.json()["rate"]', '    answer.close()\n    return answer.json()["rate"]'),
        ("async def rate(", "async def rate(*names, "),
        ("\n\n\n@router", "\n\n\ndef logged(function):\n    return function\n\n\n@logged\n@router"),
    ],
)
def test_calls_that_a_client_would_treat_otherwise_go_to_a_thread(tmp_path: Path, old: str, new: str) -> None:
    root = tree(tmp_path, rates=(old, new))
    assert "client" not in mended(root)


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("main", "    yield\n", "    app.state.http = object()\n    yield\n"),
        ("given", "state.http\n", "state.other\n"),
        ("given", "(request: Request) -> httpx", "(request: Request, tenant: str) -> httpx"),
        (
            "given",
            "HttpClient =",
            "def sign(client: httpx.AsyncClient):\n    client.headers['x'] = '1'\n\n\nHttpClient =",
        ),
        ("given", "import httpx\n", "import httpx\nfrom app.rates import rate\n"),
        ("main", "app.include_router", 'inner = FastAPI()\napp.mount("/inner", inner)\napp.include_router'),
    ],
    ids=["another too", "not told", "more of the request", "headers set", "in a circle", "several apps"],
)
def test_a_client_that_cannot_be_told_or_reached_is_not_used(
    tmp_path: Path, file: str, old: str, new: str
) -> None:
    root = tree(
        tmp_path,
        main=(old, new) if file == "main" else ("", ""),
        given=(old, new) if file == "given" else ("", ""),
        rates=("from app.dependencies import RatesUrl\n\n", "") if "rates import" in new else ("", ""),
    )
    if "rates import" in new:
        path = root / "app/rates.py"
        path.write_text(
            path.read_text().replace("rates_url: RatesUrl, ", "").replace("{rates_url}", "https://x.example")
        )
    assert "client" not in mended(root)


def test_an_object_uses_the_client_that_it_was_given(tmp_path: Path) -> None:
    service = """\
import httpx
from fastapi import APIRouter, Depends

from app.dependencies import HttpClient, RatesUrl

router = APIRouter()


class Rates:
    def __init__(self, http: HttpClient, rates_url: RatesUrl) -> None:
        self.http = http
        self.rates_url = rates_url

    async def latest(self, currency: str) -> float:
        try:
            return httpx.get(self.rates_url + currency).json()["rate"]
        except httpx.HTTPError:
            return 0.0


@router.get("/rates/{currency}")
async def rate(currency: str, rates: Rates = Depends()) -> float:
    return await rates.latest(currency)
"""
    root = write(tree(tmp_path), {"app/rates.py": service})
    text = mended(root)
    assert 'return (await self.http.get(self.rates_url + currency)).json()["rate"]' in text
    assert "import httpx\n" in text


def test_a_name_that_is_taken_is_not_taken_again(tmp_path: Path) -> None:
    root = tree(tmp_path, rates=("    return answer", "    client = 1\n    return client and answer"))
    assert "await http_client.get(" in mended(root)


def test_a_handler_that_has_the_client_uses_it(tmp_path: Path) -> None:
    root = tree(
        tmp_path,
        rates=("rates_url: RatesUrl,", "rates_url: RatesUrl, session: HttpClient,"),
    )
    path = root / "app/rates.py"
    path.write_text(path.read_text().replace("import RatesUrl", "import HttpClient, RatesUrl"))
    text = mended(root)
    assert "await session.get(" in text
    assert text.count("HttpClient") == 2


def test_two_clients_that_fit_are_left_alone(tmp_path: Path) -> None:
    root = tree(
        tmp_path,
        main=("    yield\n", "    app.state.other = httpx.AsyncClient()\n    yield\n"),
        given=(
            "HttpClient =",
            OTHER + "\n\n\nHttpClient =",
        ),
    )
    assert "client" not in mended(root)


ALONE = """\
from contextlib import asynccontextmanager

import httpx
from fastapi import FastAPI


@asynccontextmanager
async def lifespan(app: FastAPI):
    yield


app = FastAPI(lifespan=lifespan)


@app.get("/rates/{currency}")
async def rate(currency: str) -> float:
    answer = httpx.get(f"https://rates.example/{currency}", timeout=3)
    return answer.json()["rate"]
"""


def test_where_there_is_no_client_a_thread_does_it(tmp_path: Path) -> None:
    root = write(tmp_path, {"main.py": ALONE})
    patched(root, BLOCKS)
    assert "\ndef rate(currency: str) -> float:\n    answer = httpx.get(" in (root / "main.py").read_text()


def test_clients_of_tests_are_none_of_the_service(tmp_path: Path) -> None:
    test = "import httpx\nfrom app.main import app\n\n\ndef test_app():\n    app.state.http = httpx.AsyncClient(headers={'x': '1'})\n"
    root = write(tree(tmp_path), {"tests/test_main.py": test})
    assert "await client.get(" in mended(root)


MIDDLEWARE = """\
@app.middleware("http")
async def with_client(request, call_next):
    async with httpx.AsyncClient() as http:
        request.state.http = http
        return await call_next(request)


app.include_router"""
WRITTEN_OUT = "HttpClient = Annotated[httpx.AsyncClient, Depends(http_client)]\n"


@pytest.mark.parametrize(
    ("asked", "parameter", "imports"),
    [
        (
            "client: httpx.AsyncClient = Depends(http_client)",
            "days: int = 1,\n    client: httpx.AsyncClient = Depends(http_client),\n)",
            "from fastapi import APIRouter, Depends\n",
        ),
        (
            "client: Annotated[httpx.AsyncClient, Depends(http_client)]",
            "    client: Annotated[httpx.AsyncClient, Depends(http_client)],\n    days: int = 1,\n)",
            "from typing import Annotated\n\nimport httpx\nfrom fastapi import APIRouter, Depends\n",
        ),
    ],
)
def test_a_dependency_without_an_alias_is_asked_for_as_elsewhere(
    tmp_path: Path, asked: str, parameter: str, imports: str
) -> None:
    root = tree(tmp_path, given=(WRITTEN_OUT, f"async def other({asked}) -> None: ...\n"))
    text = mended(root)
    assert parameter in text
    assert imports in text
    assert "from app.dependencies import RatesUrl, http_client\n" in text
    assert "await client.get(" in text
    assert is_formatted(root, ["app/rates.py"])


def test_a_client_that_the_lifespan_yields_is_used(tmp_path: Path) -> None:
    root = tree(
        tmp_path,
        main=(
            "    app.state.http = httpx.AsyncClient()\n    yield\n    await app.state.http.aclose()\n",
            '    async with httpx.AsyncClient() as http:\n        yield {"http": http}\n',
        ),
        given=("request.app.state.http\n", "request.state.http\n"),
    )
    assert "await client.get(" in mended(root)


def test_a_client_of_one_request_is_none_to_share(tmp_path: Path) -> None:
    root = tree(
        tmp_path,
        main=(
            "app.include_router",
            MIDDLEWARE,
        ),
        given=("request.app.state.http\n", "request.state.http\n"),
    )
    path = root / "app/main.py"
    path.write_text(path.read_text().replace("    app.state.http = httpx.AsyncClient()\n", ""))
    assert "client" not in mended(root)


SERVICE = """\
import httpx
from fastapi import APIRouter, Depends

from app.dependencies import RatesUrl

router = APIRouter()


class Rates:
    def __init__(self, rates_url: RatesUrl) -> None:
        self.rates_url = rates_url  # of today

    async def latest(self, currency: str) -> float:
        answer = httpx.get(f"{self.rates_url}/latest/{currency}")
        return answer.json()["rate"]


@router.get("/rates/{currency}")
async def rate(currency: str, rates: Rates = Depends()) -> float:
    return await rates.latest(currency)
"""


def test_an_object_that_fastapi_makes_is_given_the_client(tmp_path: Path) -> None:
    root = write(tree(tmp_path), {"app/rates.py": SERVICE})
    text = mended(root)
    assert "def __init__(self, rates_url: RatesUrl, client: HttpClient) -> None:" in text
    assert "        self.rates_url = rates_url  # of today\n        self.client = client\n" in text
    assert 'await self.client.get(f"{self.rates_url}/latest/{currency}")' in text


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("@router.get", 'async def yesterday() -> float:\n    return await Rates("x").latest("EUR")\n\n\n@router.get'),
        ("@router.get", 'def made(request: Request) -> Rates:\n    return request.app.state.rates\n\n\n@router.get'),
        ("@router.get", "class Old(Rates):\n    pass\n\n\n@router.get"),
        ("    async def latest", "    def client(self): ...\n\n    async def latest"),
        ("        self.rates_url = rates_url  # of today\n", "        self.rates_url, self.x = rates_url, 1\n"),
    ],
    ids=["made elsewhere", "made by somebody else", "inherited", "name taken", "nothing kept like that"],
)  # fmt: skip
def test_an_object_that_cannot_be_given_one_uses_a_thread(old: str, new: str, tmp_path: Path) -> None:
    assert old in SERVICE
    text = SERVICE.replace(old, new, 1)
    if "made" in new:
        text = text.replace("Depends()", "Depends(made)").replace("Depends\n", "Depends, Request\n")
    root = write(tree(tmp_path), {"app/rates.py": text})
    assert "run_in_threadpool(" in mended(root)
