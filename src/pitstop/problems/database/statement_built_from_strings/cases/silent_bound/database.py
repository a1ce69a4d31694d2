from sqlalchemy import create_engine, text
from sqlalchemy.pool import StaticPool

engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
with engine.begin() as made:
    made.execute(text("CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT, age INTEGER)"))


def run(sql: str, **values: object) -> list[int]:
    with engine.connect() as connection:
        return list(connection.execute(text(sql), values).scalars())
