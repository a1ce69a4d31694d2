from sqlalchemy import text

from database import engine

SORTED = "SELECT id FROM events ORDER BY (id * 7919) % 104729, kind DESC, -id LIMIT 20"


def page(skip: int) -> dict[str, object]:
    with engine.connect() as connection:
        total = connection.scalar(text("SELECT count(*) FROM events WHERE kind <> 3"))
        rows = connection.scalars(text(SORTED)).all()
    return {"total": total, "items": list(rows)}
