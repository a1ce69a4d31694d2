"""All tables. Importing this package registers every model on `Base.metadata`."""

from shop.models.base import Base
from shop.models.catalog import Category, Product, Review, StockMovement, Supplier
from shop.models.orders import Coupon, Order, OrderItem
from shop.models.shipping import Shipment, ShipmentEvent
from shop.models.uploads import Attachment
from shop.models.users import Address, User

__all__ = [
    "Address",
    "Attachment",
    "Base",
    "Category",
    "Coupon",
    "Order",
    "OrderItem",
    "Product",
    "Review",
    "Shipment",
    "ShipmentEvent",
    "StockMovement",
    "Supplier",
    "User",
]
