from app.models import Order


def line(order: Order) -> str:
    return f"{order.id} {order.customer.name}"
