from sqlalchemy import column, func, select, table

from database import engine

events = table("events", column("id"), column("kind"))


def page(skip: int) -> dict[str, object]:
    matching = select(events.c.id).where(events.c.kind != 3, events.c.kind != 4)
    with engine.connect() as connection:
        total = connection.scalar(select(func.count()).select_from(matching.subquery()))
        rows = connection.scalars(matching.order_by(events.c.id).limit(20).offset(skip)).all()
    return {"total": total, "items": list(rows)}
