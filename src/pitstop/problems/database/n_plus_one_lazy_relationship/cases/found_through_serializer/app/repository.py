from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models import Order


def newest(session: Session) -> list[Order]:
    return list(session.scalars(select(Order).order_by(Order.id.desc()).limit(50)))
