"""Blocking calls moved off the loop: what is kept, what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from pitstop.data import Patch

from .trees import apply, findings, is_formatted, patched, proposals, reason, service, write

DIRECT, BELOW = "blocking-call-in-async", "blocking-call-transitive"
HEAD = "import time\nfrom contextvars import ContextVar\n\nimport requests\nfrom fastapi import Depends, FastAPI, Request\n\napp = FastAPI()\n\n\n"


def main(tmp_path: Path, text: str) -> Path:
    return write(tmp_path, {"main.py": HEAD + text})


def body(root: Path) -> str:
    return (root / "main.py").read_text()


def test_comments_and_layout_are_kept(tmp_path: Path) -> None:
    text = """\
@app.get("/")
async def root(request: Request):  # the page
    await request.body()
    answer = requests.get(
        "https://pages.example",  # the old host
        timeout=5,
    )
    return answer.text  # as it came
"""
    root = main(tmp_path, text)
    patched(root, DIRECT)
    for comment in ("# the page", "# the old host", "# as it came"):
        assert comment in body(root)
    assert (
        'await run_in_threadpool(\n        requests.get,\n        "https://pages.example",  # the old host'
        in body(root)
    )


def test_sleep_becomes_asyncio_sleep_and_the_import_goes(tmp_path: Path) -> None:
    root = main(
        tmp_path,
        '@app.get("/")\nasync def root(request: Request):\n    await request.body()\n    time.sleep(1)\n',
    )
    diff = patched(root, DIRECT)
    assert "+import asyncio" in diff
    assert "-import time" in diff
    assert "await asyncio.sleep(1)" in body(root)


def test_a_coroutine_that_awaits_nothing_becomes_def(tmp_path: Path) -> None:
    root = main(
        tmp_path, '@app.get("/")\nasync def root():\n    return requests.get("https://a.example").text\n'
    )
    patched(root, DIRECT)
    assert "\ndef root():\n    return requests.get(" in body(root)


@pytest.mark.parametrize(
    "text",
    [
        '@app.get("/")\nasync def root():\n    return requests.get("https://a.example").text\n\n\nasync def other():\n    return await root()\n',
        'seen = []\n\n\n@app.get("/")\nasync def root():\n    seen.append(1)\n    return requests.get("https://a.example").text\n',
        'user = ContextVar("user")\n\n\n@app.get("/")\nasync def root():\n    user.set("x")\n    return requests.get("https://a.example").text\n',
        'def logged(function):\n    return function\n\n\n@app.get("/")\n@logged\nasync def root():\n    return requests.get("https://a.example").text\n',
        'import asyncio\n\n\n@app.get("/")\nasync def root():\n    asyncio.get_running_loop()\n    return requests.get("https://a.example").text\n',
        (
            "import asyncio\n\n\nasync def later(): ...\n\n\ndef tell():\n    asyncio.ensure_future(later())\n\n\ndef tell_all():\n    tell()\n\n\n"
            '@app.get("/")\nasync def root():\n    tell_all()\n    return requests.get("https://a.example").text\n'
        ),
    ],
    ids=[
        "called elsewhere",
        "shared state",
        "context variable",
        "another decorator",
        "running loop",
        "loop needed below",
    ],
)
def test_what_must_stay_a_coroutine_does(tmp_path: Path, text: str) -> None:
    root = main(tmp_path, text)
    for given in proposals(root, DIRECT):
        assert isinstance(given, Patch)
        apply(root, given)
    assert "async def root" in body(root)
    assert "run_in_threadpool(requests.get" in body(root)


BLOCK = """\
@app.post("/")
async def root(request: Request):
    data = await request.body()
    # kept for the night shift
    with open("/srv/x", "wb") as target:
        target.write(data)
    return len(data)
"""


def test_a_file_block_becomes_a_local_function_with_blank_lines_around(tmp_path: Path) -> None:
    root = main(tmp_path, BLOCK)
    patched(root, DIRECT)
    expected = """\
    data = await request.body()

    # kept for the night shift
    def write_file() -> None:
        with open("/srv/x", "wb") as target:
            target.write(data)

    await run_in_threadpool(write_file)
    return len(data)
"""
    assert expected in body(root)
    assert is_formatted(root, ["main.py"])


def test_a_file_block_that_sets_one_name_returns_it(tmp_path: Path) -> None:
    text = BLOCK.replace('"wb") as target', '"rb") as source').replace(
        "target.write(data)", "kept = source.read()"
    )
    root = main(tmp_path, text.replace("return len(data)", "return len(data + kept)"))
    patched(root, DIRECT)
    assert "            return source.read()\n\n    kept = await run_in_threadpool(read_file)\n" in body(root)


@pytest.mark.parametrize(
    ("last", "after"),
    [
        ("request.state.kept = source.read()", "    request.state.kept = await run_in_threadpool(read_file)\n"),
        ("source.kept = source.read()", "            source.kept = source.read()\n\n    await run_in_threadpool(read_file)\n"),
        (
            "request.kept = 1\n        request.kept = source.read()",
            "            request.kept = source.read()\n\n    await run_in_threadpool(read_file)\n",
        ),
    ],
)  # fmt: skip
def test_an_attribute_is_set_outside_of_the_thread(last: str, after: str, tmp_path: Path) -> None:
    text = BLOCK.replace('"wb") as target', '"rb") as source').replace("target.write(data)", last)
    root = main(tmp_path, text)
    patched(root, DIRECT)
    assert after in body(root)


@pytest.mark.parametrize(
    ("inside", "words"),
    [
        ("first = target.name\n        second = target.mode", "first, second"),
        ("return target.write(data)", "leaves its function"),
        ("await request.body()", "awaits"),
        ("if data:\n            first = target.name", "first"),
        ("data = target.name", "data"),
    ],
)
def test_a_block_that_reaches_out_is_declined(tmp_path: Path, inside: str, words: str) -> None:
    text = BLOCK.replace("target.write(data)", inside).replace(
        "return len(data)", "return [data, first, second]"
    )
    root = main(tmp_path, "first = second = None\n\n\n" + text)
    assert words in reason(root, DIRECT)


def test_a_block_in_try_finally(tmp_path: Path) -> None:
    text = (
        BLOCK.replace("    # kept for the night shift\n", "")
        .replace(
            '    with open("/srv/x", "wb") as target:\n        target.write(data)\n',
            '    try:\n        with open("/srv/x", "wb") as target:\n            target.write(data)\n    finally:\n        del data\n',
        )
        .replace("    return len(data)\n", "")
    )
    root = main(tmp_path, text)
    patched(root, DIRECT)
    assert "    try:\n\n        def write_file() -> None:\n" in body(root)
    assert is_formatted(root, ["main.py"])


@pytest.mark.parametrize(("old", "new"), [("\n", "\r\n"), ("    ", "\t")], ids=["CRLF", "tabs"])
@pytest.mark.parametrize(
    "text",
    [
        BLOCK,
        BLOCK.replace(
            'with open("/srv/x", "wb") as target:\n        target.write(data)',
            'requests.post("https://audit.example/events/of/the/day", data=data, timeout=30)',
        ),
    ],
)
def test_line_ends_and_tabs(tmp_path: Path, text: str, old: str, new: str) -> None:
    root = write(tmp_path, {"main.py": (HEAD + text).replace(old, new)})
    patched(root, DIRECT)
    made = (root / "main.py").read_bytes()
    assert b"run_in_threadpool" in made
    assert b"\n    " not in made or new != "\t"


def test_several_findings_of_a_file_one_after_another(tmp_path: Path) -> None:
    text = "".join(
        f'@app.get("/{n}")\nasync def get_{n}(request: Request):\n    await request.body()\n    requests.get("https://{n}.example")\n\n\n'
        for n in "abc"
    )
    root = main(tmp_path, text.rstrip() + "\n")
    for left in (3, 2, 1):
        given = proposals(root, DIRECT)
        assert len(given) == left
        assert isinstance(given[0], Patch)
        apply(root, given[0])
    assert findings(root, DIRECT) == []
    assert body(root).count("import run_in_threadpool") == 1
    assert is_formatted(root, ["main.py"])


def test_a_class_dependency_goes_into_a_thread_where_it_leaves_the_coroutine(tmp_path: Path) -> None:
    text = """\
def introspect(token: str) -> str:
    return requests.get(f"https://login.example/{token}").text


class CurrentUser:
    async def __call__(self, token: str) -> str:
        return introspect(token)


@app.get("/")
async def root(user: str = Depends(CurrentUser())):
    return user
"""
    root = main(tmp_path, text)
    patched(root, BELOW)
    assert "async def __call__" in body(root)
    assert "return await run_in_threadpool(introspect, token)" in body(root)


def test_a_name_that_is_taken_gives_way(tmp_path: Path) -> None:
    text = '@app.get("/")\nasync def root(request: Request, run_in_threadpool: int = 1):\n    await request.body()\n    requests.get("https://a.example")\n'
    root = main(tmp_path, text)
    patched(root, DIRECT)
    assert "import run_in_threadpool as " in body(root)


def test_an_open_file_is_not_handed_around(tmp_path: Path) -> None:
    text = '@app.get("/")\nasync def root(request: Request):\n    await request.body()\n    f = open("/srv/x")\n    f.close()\n'
    for given in proposals(main(tmp_path, text), DIRECT):
        assert not isinstance(given, Patch) or "run_in_threadpool(open" not in given.diff


def test_a_property_that_blocks_is_left(tmp_path: Path) -> None:
    text = """\
class Page:
    @property
    def text(self) -> str:
        return requests.get("http://other").text


@app.get("/x")
async def x(request: Request) -> str:
    page = Page()
    return page.text + str(await request.body())
"""
    root = main(tmp_path, text)
    assert "`page.text` is a property" in reason(root, "blocking-call-transitive")


def test_starlettes_own_function_is_used_where_it_is_imported(tmp_path: Path) -> None:
    text = (HEAD + BLOCK).replace(
        "import requests\n", "import requests\nfrom starlette.concurrency import run_in_threadpool\n"
    )
    root = write(tmp_path, {"main.py": text})
    assert "concurrency" not in "".join(
        line for line in patched(root, DIRECT).splitlines() if line.startswith("+")
    )


ORDERS = """\
def load(db: SessionDep) -> list[Order]:
    return list(db.scalars(select(Order)))


"""
WAYS = {
    DIRECT: '@app.get("/orders")\nasync def read(db: SessionDep, request: Request):\n    await request.body()\n'
    "    return len(list(db.scalars(select(Order))))\n",
    BELOW: '@app.get("/orders")\nasync def read(db: SessionDep, request: Request):\n    await request.body()\n'
    "    return len(load(db))\n",
}


@pytest.mark.parametrize("problem", [DIRECT, BELOW])
def test_a_synchronous_session_in_a_coroutine_that_awaits_is_a_decision(tmp_path: Path, problem: str) -> None:
    root = write(tmp_path, service("from fastapi import Request\n\n\n" + ORDERS + WAYS[problem]))
    (found,) = findings(root, problem)
    assert found.fix.fix_class == "decide"
    assert "a decision about the whole service" in reason(root, problem)


def test_a_handler_that_needs_no_loop_is_mended_whatever_another_way_down_needs(tmp_path: Path) -> None:
    plain = (
        '@app.get("/count")\nasync def count(db: SessionDep):\n    return len(load(db)) + len(load(db))\n\n\n'
    )
    text = "from fastapi import Request\n\n\n" + ORDERS + plain + WAYS[BELOW]
    both = findings(write(tmp_path, service(text)), BELOW)
    kinds = {found.location.symbol.rpartition(".")[2]: found.fix.fix_class for found in both}
    assert kinds == {"count": "proved", "read": "decide"}
    assert len(both) == 2


TWINS = """\
from abc import ABC, abstractmethod

import httpx
import requests


class Store(ABC):
    @abstractmethod
    def load(self, key: str) -> str: ...

    @abstractmethod
    async def {twin}(self, key: str) -> str: ...


class Remote(Store):
    def load(self, key: str) -> str:
        return requests.get(f"https://store.example/{{key}}").text

    async def {twin}({parameters}) -> {returns}:
        {body}


def titles() -> list[str]:
    return requests.get("https://titles.example").json()


async def titles_async() -> list[str]:
    async with httpx.AsyncClient() as client:
        return (await client.get("https://titles.example")).json()
"""
ASKED = """\
from app.store import Remote, Store, titles

store: Store = Remote()


@app.get("/{key}")
async def page(key: str, request: Request) -> str:
    await request.body()
    return store.load(
        key,  # as it came
    ).strip()
"""
FIRST = """\
from app.store import titles


@app.get("/first")
async def first(request: Request) -> str:
    await request.body()
    return titles()[0]
"""
BODY = "async with httpx.AsyncClient() as client:\n            return (await client.get(key)).text"


def stored(
    root: Path,
    main: str,
    twin: str = "load_async",
    parameters: str = "self, key: str",
    returns: str = "str",
    body: str = BODY,
) -> Path:
    store = TWINS.format(twin=twin, parameters=parameters, returns=returns, body=body)
    return write(root, {"app/__init__.py": "", "app/store.py": store, "app/main.py": HEAD + main})


@pytest.mark.parametrize("twin", ["load_async", "aload", "async_load"])
def test_a_coroutine_that_the_project_has_is_awaited(tmp_path: Path, twin: str) -> None:
    root = stored(tmp_path, ASKED, twin)
    patched(root, BELOW)
    assert (
        f"    return (await store.{twin}(\n        key,  # as it came\n    )).strip()\n"
        in (root / "app/main.py").read_text()
    )


def test_a_coroutine_of_another_module_is_imported(tmp_path: Path) -> None:
    root = stored(tmp_path, FIRST)
    diff = patched(root, BELOW)
    assert "-from app.store import titles\n+from app.store import titles_async\n" in diff
    assert "+    return (await titles_async())[0]\n" in diff


def test_a_coroutine_is_awaited_where_nothing_else_is_and_no_thread_is_spoken_of(tmp_path: Path) -> None:
    root = stored(tmp_path, ASKED.replace("    await request.body()\n", ""))
    (patch,) = proposals(root, BELOW)
    assert isinstance(patch, Patch)
    assert "-async def" not in patch.diff
    assert "(await store.load_async(" in patch.diff
    assert "Other requests run while this one waits" in patch.risk
    (threaded,) = proposals(stored(tmp_path / "none", ASKED, "fetch"), BELOW)
    assert isinstance(threaded, Patch)
    assert "run_in_threadpool(" in threaded.diff
    assert "The route's thread pool" in threaded.risk
    (plain,) = proposals(
        stored(tmp_path / "plain", ASKED.replace("    await request.body()\n", ""), "fetch"), BELOW
    )
    assert isinstance(plain, Patch)
    assert "-async def" in plain.diff
    assert "The route's thread pool" in plain.risk


@pytest.mark.parametrize(
    "given",
    [
        {"parameters": "self, key: str, again: bool = True"},
        {"returns": "str | None"},
        {"body": "return self.load(key)"},
        {"body": "return requests.get(key).text"},
        {"body": "yield key"},
        {"twin": "fetch"},
    ],
    ids=["takes more", "gives more", "blocks below", "blocks", "yields", "another name"],
)
def test_a_coroutine_that_is_no_twin_is_not(tmp_path: Path, given: dict[str, str]) -> None:
    patches = [each for each in proposals(stored(tmp_path, ASKED, **given), BELOW) if isinstance(each, Patch)]
    assert any("run_in_threadpool(" in each.diff and "store.load" in each.diff for each in patches)
