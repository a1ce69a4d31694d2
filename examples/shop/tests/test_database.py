"""The migrations make what the models say, and the made-up data is the same on every run."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import Connection, inspect, text

import shop
from shop.database import make_sync_engine
from shop.models import Base
from shop.seed import Generator, fill, migrate
from shop.settings import Settings


@pytest.fixture
def empty(settings: Settings, tmp_path: Path) -> Iterator[Connection]:
    """A connection to a database, or on PostgreSQL a schema, that holds nothing."""
    postgresql = settings.sync_database_url.startswith("postgresql")
    url = settings.sync_database_url if postgresql else f"sqlite:///{tmp_path}/empty.db"
    engine = make_sync_engine(url)
    with engine.connect() as connection:
        if postgresql:
            connection.execute(text("DROP SCHEMA IF EXISTS migrated CASCADE"))
            connection.execute(text("CREATE SCHEMA migrated"))
            connection.execute(text("SET search_path TO migrated"))
            connection.dialect.default_schema_name = "migrated"
        yield connection
        connection.rollback()
    engine.dispose()


def alembic_config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(shop.__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    return config


def test_migrations_and_models_agree(empty):
    command.upgrade(alembic_config(empty), "head")
    assert compare_metadata(MigrationContext.configure(empty), Base.metadata) == []


def test_migrations_go_back(empty):
    command.upgrade(alembic_config(empty), "head")
    assert "orders" in inspect(empty).get_table_names()
    command.downgrade(alembic_config(empty), "base")
    assert inspect(empty).get_table_names() == ["alembic_version"]


def test_seeding_brings_the_tables(tmp_path):
    engine = make_sync_engine(f"sqlite:///{tmp_path}/seeded.db")
    migrate(engine)
    written = fill(engine, 2_000)
    engine.dispose()
    assert written.total() > 1_500
    assert written["categories"] == 24


def test_made_up_data_is_the_same_each_time():
    def rows():
        return [(model.__tablename__, list(rows)) for model, rows in Generator(1_000).all()]

    assert rows() == rows()


@pytest.mark.parametrize(
    ("given", "asynchronous", "synchronous"),
    [
        ("sqlite:///x.db", "sqlite+aiosqlite:///x.db", "sqlite:///x.db"),
        ("postgres://u@h/d", "postgresql+asyncpg://u@h/d", "postgresql+psycopg://u@h/d"),
        ("postgresql://u@h/d", "postgresql+asyncpg://u@h/d", "postgresql+psycopg://u@h/d"),
        ("postgresql+asyncpg://u@h/d", "postgresql+asyncpg://u@h/d", "postgresql+psycopg://u@h/d"),
    ],
)
def test_database_urls(given, asynchronous, synchronous):
    settings = Settings(database_url=given)
    assert (settings.database_url, settings.sync_database_url) == (asynchronous, synchronous)
