from __future__ import annotations

from pathlib import Path

import pytest

from pitstop.errors import TargetError
from pitstop.target.apps import find_app
from tests.target.trees import APP, write

FACTORY = """
from fastapi import FastAPI

def create_app() -> FastAPI:
    app = FastAPI()
    return app
"""


@pytest.mark.parametrize(
    ("files", "spec", "import_root", "how"),
    [
        pytest.param({"main.py": APP}, "main:app", ".", "fastapi run", id="main"),
        pytest.param({"api.py": APP.replace("app", "api")}, "api:api", ".", "api.py", id="named api"),
        pytest.param({"app/__init__.py": "", "app/main.py": APP}, "app.main:app", ".", "app/main.py", id="package"),
        pytest.param({"app/main.py": APP}, "main:app", "app", "app/main.py", id="folder that is no package"),
        pytest.param(
            {"app/main.py": "from app.db import x\n" + APP, "app/db.py": "x = 1"},
            "app.main:app",
            ".",
            "app/main.py",
            id="namespace package, by its own imports",
        ),
        pytest.param({"main.py": "import fastapi as f\nserver = f.FastAPI()"}, "main:server", ".", "main", id="alias"),
        pytest.param(
            {"main.py": "from fastapi import FastAPI\nclass Mine(FastAPI): ...\napp: Mine = Mine()"},
            "main:app",
            ".",
            "main",
            id="subclass",
        ),
        pytest.param(
            {"main.py": "from inner.server import app", "inner/__init__.py": "", "inner/server.py": APP},
            "main:app",
            ".",
            "main.py",
            id="imported from another module",
        ),
        pytest.param(
            {"main.py": "from .make import create_app\napp = create_app()", "make.py": FACTORY},
            "main:app",
            ".",
            "main.py",
            id="made by an imported factory",
        ),
        pytest.param(
            {"main.py": APP + "\nsub = FastAPI()\napp.mount('/sub', sub)\n"}, "main:app", ".", "main", id="sub-app"
        ),
        pytest.param(
            {"main.py": "from fastapi import FastAPI\nimport x\nfastapi_app = FastAPI()\napp = x.Wrap(fastapi_app)"},
            "main:app",
            ".",
            "main",
            id="wrapped",
        ),
        pytest.param(
            {"main.py": "import typer\napp = typer.Typer()", "service.py": APP},
            "service:app",
            ".",
            "only FastAPI()",
            id="main is a command line",
        ),
        pytest.param(
            {"pyproject.toml": "[tool.fastapi]\nentrypoint = 'web.server:api'", "web/server.py": "", "main.py": APP},
            "web.server:api",
            ".",
            "[tool.fastapi]",
            id="entrypoint wins",
        ),
        pytest.param(
            {"src/shop/__init__.py": "", "src/shop/main.py": APP}, "shop.main:app", "src", "src/shop", id="src layout"
        ),
        pytest.param(
            {"shop/__init__.py": "", "shop/web.py": APP, "Procfile": "web: gunicorn -k x shop.web:app -w 4\n",
             "other/__init__.py": "", "other/web.py": APP},
            "shop.web:app", ".", "Procfile starts it", id="Procfile",
        ),
        pytest.param(
            {"shop/a.py": APP, "shop/b.py": APP,
             "Dockerfile": 'FROM x\nCMD ["uvicorn", "shop.b:app", \\\n  "--host", "0.0.0.0"]\n'},
            "shop.b:app", ".", "Dockerfile", id="Dockerfile, list over two lines",
        ),
        pytest.param(
            {"shop/a.py": APP, "shop/b.py": APP,
             "compose.yaml": "services:\n  web:\n    command:\n      - uvicorn\n      - shop.b:app\n      - --reload\n"},
            "shop.b:app", ".", "compose.yaml", id="compose, list of words",
        ),
        pytest.param(
            {"shop/a.py": APP, "shop/b.py": APP, "run.sh": "exec uvicorn --app-dir shop a:app\n"},
            "a:app", "shop", "run.sh", id="--app-dir",
        ),
        pytest.param(
            {"shop/a.py": APP, "shop/b.py": APP, "docker/Dockerfile.api": "CMD uvicorn shop.b:app",
             "run.sh": "uvicorn shop.a:app"},
            "shop.b:app", ".", "docker/Dockerfile.api", id="Dockerfile before script",
        ),
        pytest.param(
            {"shop/main.py": "from shop.make import create_app\napp = create_app()", "shop/make.py": FACTORY},
            "shop.main:app", ".", "shop/main.py", id="usual name in a package of its own",
        ),
        pytest.param(
            {"main.py": "from fastapi import APIRouter\napp = APIRouter()", "service.py": APP},
            "service:app", ".", "only FastAPI()", id="main holds a router",
        ),
        pytest.param(
            {"main.py": "import fastapi\nclass Mine(fastapi.APIRouter): ...\nrouter: Mine = Mine()\napp = router",
             "service.py": APP},
            "service:app", ".", "only FastAPI()", id="main holds a router of its own class",
        ),
        pytest.param(
            {"main.py": "from fastapi import APIRouter, FastAPI\napp = APIRouter()\nserver = FastAPI()"},
            "main:server", ".", "main.py", id="router named app beside the app",
        ),
        pytest.param(
            {"main.py": "from fastapi.templating import Jinja2Templates\nfrom starlette.applications import Starlette\n"
                        "app = Starlette()", "service.py": APP},
            "service:app", ".", "only FastAPI()", id="Starlette with nothing of FastAPI's",
        ),
        pytest.param(
            {"main.py": "from starlette.applications import Starlette\nfrom service import app as api\n"
                        "app = Starlette()\napp.mount('/api', api)", "service.py": APP},
            "main:app", ".", "main.py", id="Starlette that mounts one",
        ),
        pytest.param(
            {"main.py": "from fastapi import FastAPI\nfrom starlette.applications import Starlette\n"
                        "from starlette.routing import Mount\napi = FastAPI()\nroutes = [Mount('/api', app=api)]\n"
                        "app = Starlette(routes=routes)"},
            "main:app", ".", "main.py", id="Starlette with one among its routes",
        ),
        pytest.param(
            {"main.py": "from starlette.applications import Starlette\nfrom starlette.routing import Mount\n"
                        "from make import create_app\napp = Starlette(routes=[Mount('/api', create_app())])",
             "make.py": FACTORY},
            "main:app", ".", "main.py", id="Starlette that mounts what a factory makes",
        ),
        pytest.param(
            {"main.py": "from fastapi.middleware.cors import CORSMiddleware\nfrom service import app as inner\n"
                        "app = CORSMiddleware(inner)", "service.py": APP},
            "main:app", ".", "main.py", id="middleware around it",
        ),
        pytest.param(
            {"main.py": "from offline import FastAPIOffline\n# of fastapi\napp = FastAPIOffline()"},
            "main:app", ".", "main.py", id="class of a package that reading cannot follow",
        ),
        pytest.param({"pkg/__init__.py": "", "pkg/deep/server.py": APP, "tests/test_x.py": APP, "docs/x.py": APP},
                     None, None, "only FastAPI()", id="tests and docs do not count"),
    ],
)  # fmt: skip
def test_found(
    tmp_path: Path, files: dict[str, str], spec: str | None, import_root: str | None, how: str
) -> None:
    found = find_app(write(tmp_path, files))
    assert spec is None or (found.app.spec, found.app.import_root) == (spec, import_root)
    assert how in found.how
    assert not found.app.factory


@pytest.mark.parametrize(
    "files",
    [
        pytest.param({"main.py": FACTORY}, id="by name"),
        pytest.param({"main.py": FACTORY.replace(" -> FastAPI", "")}, id="without annotation"),
        pytest.param({"web/x.py": FACTORY, "start.sh": "uvicorn --factory web.x:create_app"}, id="command"),
        pytest.param(
            {"web/x.py": FACTORY, "start.sh": "gunicorn 'web.x:create_app()'"}, id="called in command"
        ),
    ],
)
def test_factory(tmp_path: Path, files: dict[str, str]) -> None:
    app = find_app(write(tmp_path, files)).app
    assert app.factory
    assert app.spec.endswith(":create_app")
    assert app.command == f"{app.spec} --factory"


def test_a_factory_of_a_starlette_app_that_mounts_one(tmp_path: Path) -> None:
    made = "    outer = Starlette()\n    outer.mount('/api', app)\n    return outer\n"
    text = "from starlette.applications import Starlette\n" + FACTORY.replace("    return app\n", made)
    write(tmp_path, {"main.py": text.replace(" -> FastAPI", "")})
    assert find_app(tmp_path).app.factory


def test_a_module_that_only_holds_a_router_is_no_app(tmp_path: Path) -> None:
    write(tmp_path, {"app/main.py": APP.replace("FastAPI", "APIRouter")})
    with pytest.raises(TargetError, match="no FastAPI app was found"):
        find_app(tmp_path)


def test_a_factory_that_needs_arguments_is_none(tmp_path: Path) -> None:
    write(tmp_path, {"main.py": FACTORY.replace("create_app()", "create_app(settings)")})
    with pytest.raises(TargetError, match="no FastAPI app"):
        find_app(tmp_path)


def test_a_fixture_is_no_factory(tmp_path: Path) -> None:
    fixture = FACTORY.replace("def create_app", "import pytest\n@pytest.fixture\ndef app")
    write(tmp_path, {"conftest.py": fixture, "x.py": APP})
    assert find_app(tmp_path).app.spec == "x:app"


def test_monorepo(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "pyproject.toml": "[tool.ruff]",
            "frontend/package.json": "{}",
            "backend/pyproject.toml": "[project]\nname='x'",
            "backend/app/__init__.py": "",
            "backend/app/main.py": APP,
            "compose.yml": "services:\n  x:\n    command: uvicorn app.main:app\n",
        },
    )
    found = find_app(tmp_path)
    assert (found.folder, found.app.import_root, found.app.spec) == ("backend", "backend", "app.main:app")
    assert "backend/" in found.how


def test_two_services_of_a_monorepo(tmp_path: Path) -> None:
    for name in ("orders", "users"):
        write(tmp_path, {f"{name}/requirements.txt": "fastapi", f"{name}/main.py": APP})
    with pytest.raises(TargetError) as raised:
        find_app(tmp_path)
    assert "orders/main.py" in raised.value.message
    assert "users/main.py" in raised.value.message


def test_none(tmp_path: Path) -> None:
    write(tmp_path, {"main.py": "print('hello')"})
    with pytest.raises(TargetError, match="no FastAPI app was found") as raised:
        find_app(tmp_path)
    assert "--app" in raised.value.hint


def test_two_and_nothing_to_choose_by(tmp_path: Path) -> None:
    write(tmp_path, {"one.py": APP, "two.py": APP})
    with pytest.raises(TargetError) as raised:
        find_app(tmp_path)
    assert "one:app (one.py)" in raised.value.message
    assert "two:app (two.py)" in raised.value.message
    assert "[tool.pitstop]" in raised.value.hint


def test_an_app_mounted_elsewhere_is_no_rival(tmp_path: Path) -> None:
    write(
        tmp_path,
        {"one.py": APP + "from two import app as admin\napp.mount('/admin', admin)\n", "two.py": APP},
    )
    assert find_app(tmp_path).app.spec == "one:app"


def test_a_file_of_a_newer_python_than_ours(tmp_path: Path) -> None:
    write(tmp_path, {"app/__init__.py": "", "app/main.py": APP + "type X[T := int] = from the future\n"})
    assert find_app(tmp_path).app.spec == "app.main:app"


def test_a_file_that_cannot_be_parsed_is_named_where_the_app_may_be(tmp_path: Path) -> None:
    write(tmp_path, {"service.py": "from fastapi import FastAPI\nbuild(FastAPI)\ndef broken(:\n"})
    with pytest.raises(TargetError, match=r"service\.py could not be parsed"):
        find_app(tmp_path)


@pytest.mark.parametrize("given", ["pkg.web:server", "pkg/web.py:server", "pkg/web.py", "pkg.web"])
def test_explicit(tmp_path: Path, given: str) -> None:
    write(tmp_path, {"pkg/__init__.py": "", "pkg/web.py": APP.replace("app", "server"), "main.py": APP})
    assert find_app(tmp_path, given).app.spec == "pkg.web:server"


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ("nothing.here:app", "no module 'nothing.here'"),
        ("main:nothing", "has no 'nothing'"),
        ("nothing/here.py", "no module 'nothing/here.py'"),
    ],
)
def test_explicit_that_is_not_there(tmp_path: Path, given: str, says: str) -> None:
    write(tmp_path, {"main.py": APP})
    with pytest.raises(TargetError) as raised:
        find_app(tmp_path, given)
    assert says in raised.value.message


def test_explicit_that_reading_cannot_follow_is_trusted(tmp_path: Path) -> None:
    write(tmp_path, {"main.py": "import elsewhere\napp = elsewhere.registry['x']\n"})
    assert find_app(tmp_path, "main:app").app.spec == "main:app"


def test_the_root_is_a_package_itself(tmp_path: Path) -> None:
    write(tmp_path / "shop", {"__init__.py": "", "main.py": "from shop.x import y\n" + APP, "x.py": "y = 1"})
    app = find_app(tmp_path / "shop").app
    assert (app.spec, app.import_root) == ("shop.main:app", "..")


@pytest.mark.parametrize("given", [None, "shop.main:app", "backend/shop/main.py"])
def test_a_package_with_its_requirements_inside(tmp_path: Path, given: str | None) -> None:
    files = {
        "__init__.py": "",
        "requirements.txt": "fastapi",
        "main.py": "from .x import y\n" + APP,
        "x.py": "y = 1",
    }
    write(tmp_path / "backend" / "shop", files)
    app = find_app(tmp_path, given).app
    assert (app.spec, app.import_root) == ("shop.main:app", "backend")


def test_two_modules_that_import_each_other(tmp_path: Path) -> None:
    write(tmp_path, {"main.py": "from other import app", "other.py": "from main import app", "web.py": APP})
    assert find_app(tmp_path).app.spec == "web:app"


def test_other_encodings(tmp_path: Path) -> None:
    latin = ("# -*- coding: latin-1 -*-\n# é\n" + APP).encode("latin-1")
    write(tmp_path, {"main.py": latin, "bytes.py": b"\xff\xfe\x00garbage"})
    assert find_app(tmp_path).app.spec == "main:app"
