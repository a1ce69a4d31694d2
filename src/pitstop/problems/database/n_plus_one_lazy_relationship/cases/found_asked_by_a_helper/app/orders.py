from sqlalchemy.orm import Session

from app.models import Order


def matching(session: Session, after: int | None) -> list[Order]:
    query = session.query(Order)
    if after is not None:
        query = query.filter(Order.id > after)
    orders: list[Order] = query.order_by(Order.id).all()
    if not orders:
        orders = []
    return orders
