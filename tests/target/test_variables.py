from __future__ import annotations

from pathlib import Path

import pytest

from pitstop.target.model import DatabaseVariable
from pitstop.target.variables import assign, database_variables, join
from tests.target.trees import write


@pytest.mark.parametrize(
    ("code", "names"),
    [
        ("import os\nU = os.environ['DATABASE_URL']", ["DATABASE_URL"]),
        ("import os\nU = os.environ.get('DB_DSN', 'sqlite:///x.db')", ["DB_DSN"]),
        ("from os import getenv\nU = getenv('SQLALCHEMY_DATABASE_URI')", ["SQLALCHEMY_DATABASE_URI"]),
        ("import os\nU = os.getenv('ASYNC_DATABASE_URL')\nV = os.getenv('TEST_DB_URL')", ["ASYNC_DATABASE_URL", "TEST_DB_URL"]),
        ("from starlette.config import Config\nconfig = Config('.env')\nU = config('DATABASE_URL', cast=str)", ["DATABASE_URL"]),
        (
            ("from pydantic_settings import BaseSettings, SettingsConfigDict\nclass S(BaseSettings):\n"
            "    model_config = SettingsConfigDict(env_prefix='SHOP_')\n    database_url: str = 'sqlite:///x'\n    debug: bool"),
            ["SHOP_DATABASE_URL"],
        ),
        (
            ("from pydantic import BaseSettings, Field\nclass S(BaseSettings):\n    db_uri: str = Field(..., env='MY_DB_URI')\n"
            "    class Config:\n        env_prefix = 'X_'"),
            ["MY_DB_URI"],
        ),
        (
            "from pydantic_settings import BaseSettings\nclass Base(BaseSettings): ...\nclass S(Base):\n    postgres_dsn: str",
            ["POSTGRES_DSN"],
        ),
        (
            ("from pydantic import BaseModel\nfrom pydantic_settings import BaseSettings\nclass D(BaseModel):\n    db_url: str\n"
            "class S(BaseSettings):\n    model_config = {'env_nested_delimiter': '__'}\n    main: D"),
            ["MAIN__DB_URL"],
        ),
        ("import os\nA = os.getenv('REDIS_URL'); B = os.getenv('MONGODB_URL'); C = os.getenv('SENTRY_DSN')", []),
        ("import os\nA = os.getenv('EXTERNAL_DB_URL', 'https://example.com/db')", []),
        ("import os\nA = os.getenv('DEBUG'); DATABASE_URL = 'sqlite:///x'", []),
        ("def broken(:\nimport os; os.environ['DATABASE_URL']", []),
    ],
)  # fmt: skip
def test_names_found_in_code(tmp_path: Path, code: str, names: list[str]) -> None:
    write(tmp_path, {"app/config.py": code})
    assert [variable.name for variable in database_variables(tmp_path, {})] == names


def test_the_value_in_force(tmp_path: Path) -> None:
    code = "import os\nU = os.getenv('DATABASE_URL', 'sqlite:///default.db')"
    write(tmp_path, {"c.py": code})
    assert database_variables(tmp_path, {})[0].value == "sqlite:///default.db"
    write(
        tmp_path, {".env": "# DATABASE_URL=sqlite:///no.db\nexport DATABASE_URL='sqlite:///dot.db' # here\n"}
    )
    assert database_variables(tmp_path, {})[0].value == "sqlite:///dot.db"
    variable = database_variables(tmp_path, {"database_url": "sqlite:///real.db"})[0]
    assert (variable.name, variable.value, variable.where) == ("database_url", "sqlite:///real.db", "c.py:2")


def test_parts(tmp_path: Path) -> None:
    code = """
        from pydantic_settings import BaseSettings

        class Settings(BaseSettings):
            POSTGRES_SERVER: str
            POSTGRES_PORT: int = 5432
            POSTGRES_USER: str
            POSTGRES_PASSWORD: str = ""
            POSTGRES_DB: str = "app"
    """
    write(tmp_path, {"config.py": code})
    variables = database_variables(tmp_path, {"POSTGRES_SERVER": "127.0.0.1", "POSTGRES_USER": "a@b"})
    assert join(variables) == "postgresql://a%40b@127.0.0.1:5432/app"
    assert assign(variables, "postgresql://me:p%2Fw@localhost:5433/copy") == {
        "POSTGRES_SERVER": "localhost",
        "POSTGRES_PORT": "5433",
        "POSTGRES_USER": "me",
        "POSTGRES_PASSWORD": "p/w",
        "POSTGRES_DB": "copy",
    }


@pytest.mark.parametrize(
    ("now", "given", "set_to"),
    [
        ("postgresql+asyncpg://h/a", "postgresql://h/b", "postgresql+asyncpg://h/b"),
        ("postgres://h/a", "postgresql+psycopg://h/b", "postgresql+psycopg://h/b"),
        ("", "sqlite:///x", "sqlite:///x"),
        ("sqlite+aiosqlite:///a", "sqlite:///b", "sqlite+aiosqlite:///b"),
        ("sqlite:///a", "postgresql+asyncpg://h/b", "postgresql+asyncpg://h/b"),
    ],
)
def test_the_driver_the_service_uses_is_kept(now: str, given: str, set_to: str) -> None:
    assert assign((DatabaseVariable(name="DATABASE_URL", value=now),), given) == {"DATABASE_URL": set_to}


def test_another_kind_of_database_is_left_alone() -> None:
    assert assign((DatabaseVariable(name="DB_URL", value="clickhouse://h/a"),), "postgresql://h/b") == {}


@pytest.mark.parametrize(
    ("now", "set_to"),
    [
        ("postgresql+asyncpg://me:old@h:1/app_test?x=1&sslmode=require", "postgresql+asyncpg://u:p@127.0.0.1:7/app_test?x=1"),
        ("postgresql+asyncpg://me@h:1", "postgresql+asyncpg://u:p@127.0.0.1:7"),
        ("sqlite:///app.db", None),
        ("mysql://h/app", None),
        ("", None),
    ],
)  # fmt: skip
def test_another_server_keeps_the_name_of_each_database(now: str, set_to: str | None) -> None:
    wanted = {"DATABASE_URL": set_to} if set_to else {}
    assert (
        assign((DatabaseVariable(name="DATABASE_URL", value=now),), "postgresql://u:p@127.0.0.1:7") == wanted
    )


def test_another_server_by_parts() -> None:
    variables = tuple(
        DatabaseVariable(name=part.upper(), part=part, value="old")
        for part in ("host", "port", "user", "password", "name")
    )
    assert assign(variables, "postgresql://u:p%40@127.0.0.1:7") == {
        "HOST": "127.0.0.1", "PORT": "7", "USER": "u", "PASSWORD": "p@",
    }  # fmt: skip
