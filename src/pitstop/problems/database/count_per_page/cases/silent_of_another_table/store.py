from sqlalchemy import text

from database import engine


def page(skip: int) -> dict[str, object]:
    with engine.connect() as connection:
        total = connection.scalar(text("SELECT count(*) FROM events WHERE kind <> 3 AND kind <> 4"))
        rows = connection.scalars(text("SELECT id FROM kinds ORDER BY id LIMIT 20")).all()
    return {"events": total, "items": list(rows)}
