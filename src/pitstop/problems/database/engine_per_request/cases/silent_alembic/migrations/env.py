from sqlalchemy import engine_from_config, pool

from alembic import context


def run() -> None:
    engine = engine_from_config({}, prefix="sqlalchemy.", poolclass=pool.NullPool)
    with engine.connect() as connection:
        context.configure(connection=connection)


run()
