"""From rows to what goes over the wire, where a schema alone does not do."""

from collections.abc import Iterable

from shop.models import Order, Product, User
from shop.schemas import OrderSummary, ProductCard, PublicProfile, RecentOrder


async def order_summaries(orders: Iterable[Order]) -> list[OrderSummary]:
    summaries = []
    for order in orders:
        items = await order.awaitable_attrs.items
        summaries.append(
            OrderSummary(
                id=order.id,
                reference=order.reference,
                status=order.status,
                created_at=order.created_at,
                units=sum(item.quantity for item in items),
                total_cents=sum(item.quantity * item.unit_price_cents for item in items),
            )
        )
    return summaries


def recent_order(order: Order, customer: User) -> RecentOrder:
    return RecentOrder(
        id=order.id,
        reference=order.reference,
        status=order.status,
        created_at=order.created_at,
        customer=PublicProfile.model_validate(customer),
    )


def product_cards(products: Iterable[Product]) -> list[ProductCard]:
    return [ProductCard.model_validate(product) for product in products]
