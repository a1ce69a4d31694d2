"""What a dotted name means, through the ways modules hand names on."""

from __future__ import annotations

from pathlib import Path

import pytest

from pitstop.project import Project
from pitstop.project.index import canonical

from .trees import function, returned, service

TARGET = "class Thing: pass\n\ndef make() -> Thing: return Thing()\n"


def means(project: Project, name: str) -> str:
    """What the function `f` returns, by name."""
    return returned(project, name).name


@pytest.mark.parametrize(
    ("files", "line"),
    [
        ({"pkg/__init__.py": "", "pkg/a.py": TARGET}, "from pkg.a import Thing"),
        ({"pkg/__init__.py": "", "pkg/a.py": TARGET}, "from pkg.a import Thing as Other; Thing = Other"),
        ({"pkg/__init__.py": "", "pkg/a.py": TARGET}, "import pkg.a; Thing = pkg.a.Thing"),
        ({"pkg/__init__.py": "", "pkg/a.py": TARGET}, "import pkg.a as a; Thing = a.Thing"),
        ({"pkg/__init__.py": "", "pkg/a.py": TARGET}, "from pkg import a; Thing = a.Thing"),
        ({"pkg/__init__.py": "from .a import Thing", "pkg/a.py": TARGET}, "from pkg import Thing"),
        ({"pkg/__init__.py": "from .a import *", "pkg/a.py": TARGET}, "from pkg import Thing"),
        ({"pkg/__init__.py": "from .b import *", "pkg/b.py": "from .a import *", "pkg/a.py": TARGET}, "from pkg import *"),
        ({"pkg/a.py": TARGET}, "from pkg.a import Thing"),
        ({"src/pkg/__init__.py": "", "src/pkg/a.py": TARGET}, "from pkg.a import Thing"),
        ({"src/pkg/a.py": TARGET}, "from pkg.a import Thing"),
        ({"backend/pkg/__init__.py": "", "backend/pkg/a.py": TARGET}, "from pkg.a import Thing"),
        ({"a.py": TARGET}, "try:\n    from a import Thing\nexcept ImportError:\n    Thing = None"),
        ({"a.py": TARGET}, "import typing\nif typing.TYPE_CHECKING:\n    from a import Thing"),
        ({"a.py": TARGET}, "from a import make\nThing = type(make())\nfrom a import Thing"),
    ],
)  # fmt: skip
def test_an_import_in_any_spelling_leads_home(tmp_path: Path, files: dict[str, str], line: str) -> None:
    project = service(tmp_path, {**files, "app.py": f"{line}\ndef f(): return Thing()\n"})
    assert means(project, "app.f").endswith("a.Thing")


@pytest.mark.parametrize(
    "line",
    [
        "from .near import Thing",
        "from . import near; Thing = near.Thing",
        "from ..pkg.near import Thing",
        "from .. import pkg; Thing = pkg.near.Thing",
    ],
)
def test_relative_imports(tmp_path: Path, line: str) -> None:
    files = {"top/__init__.py": "", "top/pkg/__init__.py": "", "top/pkg/near.py": TARGET}
    project = service(tmp_path, {**files, "top/pkg/app.py": f"{line}\ndef f(): return Thing()\n"})
    assert means(project, "top.pkg.app.f") == "top.pkg.near.Thing"


def test_a_relative_import_above_the_top_means_nothing_and_harms_nobody(tmp_path: Path) -> None:
    project = service(tmp_path, {"app.py": "from ....far import Thing\ndef f(): return Thing()\n"})
    assert function(project, "f").name == "f"
    assert not means(project, "f").endswith("near.Thing")


def test_the_last_binding_of_a_name_counts(tmp_path: Path) -> None:
    text = "class A: pass\nclass B: pass\nThing = A\nThing = B\ndef f(): return Thing()\n"
    assert means(service(tmp_path, {"app.py": text}), "f") in {"app.A", "app.B"}


def test_two_packages_with_one_name_are_not_confused(tmp_path: Path) -> None:
    files = {
        "one/app/__init__.py": "", "one/app/a.py": TARGET,
        "two/app/__init__.py": "", "two/app/b.py": "from app.c import Thing\ndef f(): return Thing()\n",
    }  # fmt: skip
    assert not means(service(tmp_path, files), "f").endswith("a.Thing")


def test_imports_in_a_circle_end(tmp_path: Path) -> None:
    files = {"a.py": "from b import *\nfrom b import x\n", "b.py": "from a import *\nfrom a import x\n"}
    project = service(tmp_path, {**files, "app.py": "from a import x, y\ndef f(): return x(y)\n"})
    assert not returned(project, "f") or returned(project, "f").name


def test_classes_and_functions_in_functions_have_names(tmp_path: Path) -> None:
    text = """
    def outer():
        class Local:
            def method(self):
                def inner(): return 1
                return inner
        return Local()
    class Outer:
        class Inner:
            def method(self): return 1
    if True:
        def conditional(): return 1
    """
    project = service(tmp_path, {"app.py": text})
    assert {f.qualname for f in project.functions} == {
        "app.outer", "app.outer.Local.method", "app.outer.Local.method.inner", "app.Outer.Inner.method",
        "app.conditional",
    }  # fmt: skip


def test_the_function_at_a_line_is_the_innermost(tmp_path: Path) -> None:
    project = service(
        tmp_path,
        {"app.py": "def outer():\n    x = 1\n    def inner():\n        return x\n    return inner\n"},
    )
    at = {line: project.function_at("app.py", line) for line in (2, 4, 5, 99)}
    assert {line: f.name if f else "" for line, f in at.items()} == {
        2: "outer",
        4: "inner",
        5: "outer",
        99: "",
    }
    assert project.function_at("other.py", 1) is None


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("sqlmodel.ext.asyncio.session.AsyncSession", "sqlalchemy.ext.asyncio.AsyncSession"),
        (
            "sqlalchemy.ext.asyncio.session.AsyncSession.scalars",
            "sqlalchemy.ext.asyncio.AsyncSession.scalars",
        ),
        ("sqlalchemy.future.select", "sqlalchemy.select"),
        ("sqlalchemy.orm.session.Session.query", "sqlalchemy.orm.Session.query"),
        ("starlette.concurrency.run_in_threadpool", "fastapi.concurrency.run_in_threadpool"),
        ("fastapi.routing.APIRouter.get", "fastapi.APIRouter.get"),
        ("sqlmodel.Session", "sqlalchemy.orm.Session"),
        ("sqlmodel.SessionMaker", "sqlmodel.SessionMaker"),
        ("typing_extensions.Annotated", "typing.Annotated"),
        ("mine.select", "mine.select"),
    ],
)
def test_one_spelling_for_what_libraries_export_twice(name: str, expected: str) -> None:
    assert canonical(name) == expected
    assert canonical(expected) == expected


@pytest.mark.parametrize(
    ("importer", "expected"),
    [
        ("server/main.py", "server.auth"),
        ("server/api/deep/main.py", "server.api.auth"),
        ("other/main.py", ""),
    ],
)
def test_of_two_modules_of_a_name_the_nearer_is_meant(tmp_path: Path, importer: str, expected: str) -> None:
    files = {
        "server/auth.py": "def check(): ...\n",
        "server/api/auth.py": "def check(): ...\n",
        importer: "import auth\nfrom auth import check\nvalue = check\nother = auth.check\n",
    }
    project = service(tmp_path, files)
    module = project.index.by_path[importer]
    found = {
        project.types.type_of(module.bindings[name][-1].value, module).name for name in ("value", "other")
    }
    assert found == ({f"{expected}.check"} if expected else {"auth.check"})


@pytest.mark.parametrize("name", ["logging", "redis", "requests"])
def test_a_module_inside_of_a_package_does_not_hide_a_library(tmp_path: Path, name: str) -> None:
    files = {
        "app/__init__.py": "",
        "app/core/__init__.py": "",
        f"app/core/{name}.py": "def get(): ...\n",
        "app/main.py": f"import {name}\nvalue = {name}.get\n",
    }
    project = service(tmp_path, files)
    module = project.index.by_path["app/main.py"]
    assert project.types.type_of(module.bindings["value"][-1].value, module).name == f"{name}.get"


def test_what_a_package_imports_stands_before_its_module_of_the_name(tmp_path: Path) -> None:
    files = {
        "app/__init__.py": "",
        "app/store/__init__.py": "from .connect import connect\nfrom . import other\n",
        "app/store/connect.py": "def connect(): ...\n",
        "app/store/other.py": "def call(): ...\n",
        "app/main.py": "from app.store import connect, other\nfrom app.store.connect import connect as same\nvalue = connect\nagain = same\nmore = other.call\n",
    }
    project = service(tmp_path, files)
    module = project.index.by_path["app/main.py"]
    found = {
        n: project.types.type_of(module.bindings[n][-1].value, module).name
        for n in ("value", "again", "more")
    }
    assert found == {
        "value": "app.store.connect.connect",
        "again": "app.store.connect.connect",
        "more": "app.store.other.call",
    }
