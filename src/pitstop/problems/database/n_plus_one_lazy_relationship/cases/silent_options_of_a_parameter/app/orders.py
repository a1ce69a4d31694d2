from sqlalchemy.orm import Session, joinedload

from app.models import Order


def options():
    return [joinedload(Order.customer)]


def newest(session: Session, *wanted) -> list[Order]:
    return session.query(Order).options(*wanted).order_by(Order.id.desc()).limit(50).all()
