from sqlalchemy import text

from database import engine


def page(skip: int) -> dict[str, object]:
    with engine.connect() as connection:
        return {"total": connection.scalar(text("SELECT count(*) FROM events WHERE kind <> 3 AND kind <> 4"))}
