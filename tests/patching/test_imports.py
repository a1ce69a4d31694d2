from __future__ import annotations

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pitstop.patching.imports import ensure_import
from pitstop.patching.python import Source
from pitstop.patching.unused import remove_dead_import
from pitstop.patching.wrapping import finish

MODULE = '''"""Doc."""
from __future__ import annotations

import os
import time

from fastapi import APIRouter, Depends
from sqlalchemy import select

from app.db import session


def f(): ...
'''


def added(
    text: str, module: str, name: str | None = None, alias: str | None = None, path: str = "app/x.py"
) -> tuple[str, str]:
    source = Source(path, text)
    edits, local = ensure_import(source, module, name, alias)
    return finish(source, edits).after or "", local


@pytest.mark.parametrize(
    ("module", "name", "below", "line"),
    [
        ("fastapi.concurrency", "run_in_threadpool", "from fastapi import APIRouter, Depends", None),
        ("aiohttp", "X", "", "from aiohttp import X\nfrom fastapi import"),
        ("asyncio", None, "", "import asyncio\nimport os"),
        ("uuid", None, "import time", "import uuid\n\nfrom fastapi"),
        ("collections", "Counter", "import time", "from collections import Counter\n\nfrom fastapi"),
        ("app.schemas", "Out", "from app.db import session", "from app.schemas import Out\n\n\ndef f"),
        (".models", "Out", "from app.db import session", "\nfrom .models import Out\n\n\ndef f"),
        ("zlib", "crc32", "import time", "from zlib import crc32\n\nfrom fastapi"),
    ],
)
def test_a_new_line_goes_where_isort_puts_it(
    module: str, name: str | None, below: str, line: str | None
) -> None:
    after, local = added(MODULE, module, name)
    statement = f"from {module} import {name}" if name else f"import {module}"
    assert f"{below}\n{line or statement}" in after if below else (line or statement) in after
    assert after.count(statement) == 1
    assert local == (name or module)
    assert after.replace(statement + "\n", "").replace("\n", "") == MODULE.replace("\n", "")


def test_packages_of_the_project_beside_this_one_keep_a_paragraph_of_their_own() -> None:
    text = "from fastapi import FastAPI\n\nfrom shared import settings\n"
    after, _ = added(text, "starlette.types", "Scope", path="app/x.py")
    assert (
        after
        == "from fastapi import FastAPI\nfrom starlette.types import Scope\n\nfrom shared import settings\n"
    )
    below, _ = added("from zope import x\n\nfrom shared import settings\n", "fastapi", "FastAPI")
    assert below == "from fastapi import FastAPI\nfrom zope import x\n\nfrom shared import settings\n"


@pytest.mark.parametrize(
    ("text", "module", "name", "local"),
    [
        ("from time import sleep\n", "time", "sleep", "sleep"),
        ("from time import sleep as nap\n", "time", "sleep", "nap"),
        ("import time\n", "time", "sleep", "time.sleep"),
        ("import time as t\n", "time", "sleep", "t.sleep"),
        ("import os.path\n", "os.path", "join", "os.path.join"),
        ("import os.path as p\n", "os.path", "join", "p.join"),
        ("import os\nimport os.path\n", "os.path", "join", "os.path.join"),
        ("import time\n", "time", None, "time"),
        ("from os import path\n", "os.path", None, "path"),
        ("from . import models\n", ".", "models", "models"),
    ],
)
def test_what_is_imported_already_is_used(text: str, module: str, name: str | None, local: str) -> None:
    assert added(text, module, name) == (text, local)


@pytest.mark.parametrize(
    ("text", "name", "after"),
    [
        ("from a import b, d\n", "c", "from a import b, c, d\n"),
        ("from a import b, d  # why\n", "e", "from a import b, d, e  # why\n"),
        ("from a import z, b\n", "c", "from a import z, b, c\n"),
        ("from a import CONST, Type, value\n", "Other", "from a import CONST, Other, Type, value\n"),
        ("from a import (b, d)\n", "c", "from a import (b, c, d)\n"),
        (
            "from a import (\n    b,  # why\n    d,\n)\n",
            "c",
            "from a import (\n    b,  # why\n    c,\n    d,\n)\n",
        ),
        (
            "from a import (\n    b,\n    d,  # last\n)\n",
            "e",
            "from a import (\n    b,\n    d,  # last\n    e,\n)\n",
        ),
        ("from a import (\n\tb,\n\td\n)\n", "e", "from a import (\n\tb,\n\td,\n\te\n)\n"),
        ("from a import b, \\\n    d\n", "c", "from a import b, \\\n    c, d\n"),
        ("from a import b;x = 1\r\n", "c", "from a import b, c;x = 1\r\n"),
    ],
)
def test_an_import_is_extended_in_its_own_style(text: str, name: str, after: str) -> None:
    assert added(text, "a", name) == (after, name)


def test_an_import_that_grows_too_long_is_broken_as_black_does() -> None:
    names = ", ".join(f"name_number_{n}" for n in range(5))
    after, _ = added(f"from a import {names}\n", "a", "one_more_name")
    lines = "".join(f"    name_number_{n},\n" for n in range(5))
    assert after == f"from a import (\n{lines}    one_more_name,\n)\n"


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("", "from a import b\n"),
        ("x = 1\n", "from a import b\n\nx = 1\n"),
        ("def f(): ...\n", "from a import b\n\n\ndef f(): ...\n"),
        ('"""Doc."""\n\nx = 1\n', '"""Doc."""\n\nfrom a import b\n\nx = 1\n'),
        ('"""Doc."""', '"""Doc."""\n\nfrom a import b'),
        ("#!/usr/bin/env python\n# -*- coding: utf-8 -*-\n\nx = 1\n", "#!/usr/bin/env python\n# -*- coding: utf-8 -*-\n\nfrom a import b\n\nx = 1\n"),
        ("\ufeffx = 1\r\n", "\ufefffrom a import b\r\n\r\nx = 1\r\n"),
        ("import os", "import os\n\nfrom a import b"),
        ("import os; import sys\nx = 1\n", "import os; import sys\n\nfrom a import b\n\nx = 1\n"),
        ("from __future__ import annotations\nx = 1\n", "from __future__ import annotations\n\nfrom a import b\n\nx = 1\n"),
        ("if TYPE_CHECKING:\n    from a import b\n", "from a import b\n\nif TYPE_CHECKING:\n    from a import b\n"),
    ],
)  # fmt: skip
def test_files_of_all_shapes(text: str, after: str) -> None:
    if "TYPE_CHECKING" in text:
        # what a checker alone imports is no import at run time, and its name is bound there
        after = after.replace("import b\n\n", "import b as a_b\n\n")
    assert added(text, "a", "b", path="m.py")[0] == after


@pytest.mark.parametrize(
    ("text", "local"),
    [
        ("sleep = 1\n", "time_sleep"),
        ("def sleep(): ...\n", "time_sleep"),
        ("from other import sleep\n", "time_sleep"),
        ("from time import sleep\nsleep = 3\n", "time_sleep"),
        ("from other import *\nsleep(1)\n", "time_sleep"),
        ("for sleep, time_sleep in []: ...\n", "time_sleep_2"),
        ("def f():\n    sleep = 1\n", "sleep"),
    ],
)
def test_a_name_that_is_taken_gives_way(text: str, local: str) -> None:
    after, found = added(text, "time", "sleep")
    assert found == local
    assert ("import sleep as " + local if local != "sleep" else "import sleep\n") in after


@pytest.mark.parametrize(
    "body",
    ["sleep = 2; call()", "for sleep in (): call()", "import x as sleep; call()", "global sleep; call()"],
)
def test_a_name_that_the_function_binds_gives_way(body: str) -> None:
    for text in (f"from time import sleep\ndef f():\n    {body}\n", f"def f():\n    {body}\n"):
        source = Source("m.py", text)
        call = next(n for n in ast.walk(source.tree) if isinstance(n, ast.Call))
        edits, local = ensure_import(source, "time", "sleep", at=call)
        assert local == "time_sleep"
        assert "sleep as time_sleep" in source.apply(edits).text


def test_an_import_further_down_does_not_serve_at_module_level() -> None:
    source = Source("m.py", "x = call()\nfrom a import b\n")
    call = next(n for n in ast.walk(source.tree) if isinstance(n, ast.Call))
    edits, local = ensure_import(source, "a", "b", at=call)
    first = source.apply(edits).text.splitlines()[0]
    assert first == f"from a import b as {local}"
    inside = Source("m.py", "def f():\n    call()\nfrom a import b\n")
    call = next(n for n in ast.walk(inside.tree) if isinstance(n, ast.Call))
    assert ensure_import(inside, "a", "b", at=call) == ([], "b")


def test_dead_imports_go_and_living_ones_stay() -> None:
    def without(text: str, name: str, path: str = "m.py") -> str:
        source = Source(path, text)
        return source.apply(remove_dead_import(source, name)).text

    assert without("import os\nimport sys\nsys.x\n", "os") == "import sys\nsys.x\n"
    assert without("from a import b, c, d\n", "c") == "from a import b, d\n"
    assert without("from a import b, c, d\n", "d") == "from a import b, c\n"
    assert without("from a import b, c as d\n", "b") == "from a import c as d\n"
    assert (
        without("from a import (\n    b,\n    c,  # why\n    d,\n)\n", "c")
        == "from a import (\n    b,\n    d,\n)\n"
    )
    assert without("from a import (\n    b,\n    c\n)\n", "c") == "from a import (\n    b\n)\n"
    for text in (
        "import os\nos.x\n",
        "import os\nx: 'os.PathLike'\n",
        "import os\n__all__ = ['os']\n",
        "import os  # noqa: F401\n",
        "if x:\n    import os\n",
    ):
        assert without(text, "os") == text
    assert without("import os\n", "os", "pkg/__init__.py") == "import os\n"


NAMES = st.lists(st.sampled_from(["b", "c", "D", "EE", "f as g", "é"]), min_size=1, max_size=5, unique=True)


@given(
    names=NAMES,
    style=st.sampled_from(["line", "parens", "each", "slash"]),
    new=st.sampled_from(["a", "zz", "M"]),
)
def test_any_import_can_be_extended_and_made_short_again(names: list[str], style: str, new: str) -> None:
    text = {
        "line": "from m import " + ", ".join(names),
        "parens": "from m import (" + ", ".join(names) + ",)",
        "each": "from m import (\n    " + ",\n    ".join(names) + "\n)",
        "slash": "from m import " + ", \\\n  ".join(names),
    }[style] + "\n"
    after, local = added(text, "m", new)
    (statement,) = ast.parse(after).body
    assert isinstance(statement, ast.ImportFrom)
    assert sorted(ast.unparse(each) for each in statement.names) == sorted([*names, new])
    again = Source("m.py", after)
    back = again.apply(remove_dead_import(again, local))
    assert ast.dump(back.tree) == ast.dump(ast.parse(text))


LOCAL = """\
def outer(one={"default"}):
    \"\"\"Doc.\"\"\"
    import asyncio
    from json import loads as read

    print("outer")

    def inner(two):
        print("inner")

    import uuid
"""


def within(text: str, place: str, module: str, name: str | None = None) -> tuple[bool, str]:
    """Whether the file changes, and what the name is called where the string `place` stands."""
    source = Source("app/x.py", text)
    at = next(n for n in ast.walk(source.tree) if isinstance(n, ast.Constant) and n.value == place)
    edits, local = ensure_import(source, module, name, at=at)
    return bool(edits), local


@pytest.mark.parametrize(
    ("place", "module", "name", "local"),
    [
        ("outer", "asyncio", None, "asyncio"),
        ("outer", "asyncio", "Semaphore", "asyncio.Semaphore"),
        ("outer", "json", "loads", "read"),
        ("inner", "asyncio", None, "asyncio"),
    ],
)
def test_what_a_function_begins_with_importing_is_used_there(
    place: str, module: str, name: str | None, local: str
) -> None:
    assert within(LOCAL, place, module, name) == (False, local)


@pytest.mark.parametrize(
    ("text", "place", "module", "local"),
    [
        (LOCAL, "outer", "uuid", "uuid_module"),
        (LOCAL, "default", "asyncio", "asyncio_module"),
        (LOCAL, "outer", "random", "random"),
        (LOCAL.replace("two", "asyncio"), "inner", "asyncio", "asyncio_module"),
        (LOCAL.replace("import uuid", "asyncio = None"), "outer", "asyncio", "asyncio_module"),
    ],
)
def test_other_imports_of_a_function_are_not_used(text: str, place: str, module: str, local: str) -> None:
    assert within(text, place, module) == (True, local)


SINGLE = "from sqlalchemy import func\nfrom sqlalchemy import Select\nfrom sqlalchemy.orm import joinedload\n"


@pytest.mark.parametrize(
    ("module", "name", "alias", "after"),
    [
        ("sqlalchemy", "distinct", None, "from sqlalchemy import distinct\n" + SINGLE),
        ("sqlalchemy", "insert", "put", SINGLE.replace("\nfrom sqlalchemy import Select", "\nfrom sqlalchemy import insert as put\nfrom sqlalchemy import Select")),
        ("sqlalchemy", "update", None, SINGLE.replace("import Select", "import Select\nfrom sqlalchemy import update")),
        ("sqlalchemy.orm", "selectinload", None, SINGLE + "from sqlalchemy.orm import selectinload\n"),
    ],
)  # fmt: skip
def test_a_name_gets_a_line_where_each_has_one(module: str, name: str, alias: str | None, after: str) -> None:
    assert added(SINGLE, module, name, alias)[0] == after


@pytest.mark.parametrize(
    "text",
    [SINGLE + "from fastapi import Body, Depends\n", SINGLE.replace("from sqlalchemy import Select\n", "")],
)
def test_a_name_gets_no_line_where_others_share_theirs_or_may(text: str) -> None:
    assert added(text, "sqlalchemy", "update")[0] == text.replace("import func", "import func, update")
