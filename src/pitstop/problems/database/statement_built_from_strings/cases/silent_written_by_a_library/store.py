from sqlalchemy import column, select, table
from sqlalchemy.dialects import sqlite

from database import run


def named(name: str) -> list[int]:
    users = table("users", column("id"), column("name"))
    found = select(users.c.id).where(users.c.name == name)
    return run(str(found.compile(dialect=sqlite.dialect(), compile_kwargs={"literal_binds": True})))
