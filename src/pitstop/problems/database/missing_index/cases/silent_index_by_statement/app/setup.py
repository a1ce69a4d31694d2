from sqlalchemy import Connection, event, text

from app.models import Order


@event.listens_for(Order.__table__, "after_create")
def index(target: object, connection: Connection, **more: object) -> None:
    connection.execute(
        text(
            "CREATE INDEX IF NOT EXISTS orders_by_customer "
            "ON orders (customer_id, id)"
        )
    )
