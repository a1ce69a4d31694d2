import secrets
from collections.abc import Iterable
from typing import Annotated

from fastapi import Depends

from shop.errors import Conflict, Forbidden, NotFound
from shop.models import Coupon, Order, OrderItem, Product, StockMovement, User
from shop.models.base import utcnow
from shop.repositories.catalog import ProductRepository
from shop.repositories.orders import CouponRepository, OrderRepository
from shop.repositories.users import AddressRepository, UserRepository
from shop.schemas import (
    CouponIn,
    InvoiceOut,
    OrderIn,
    OrderLineIn,
    OrderPreview,
    OrderSummary,
    RecentOrder,
    Totals,
)
from shop.serializers import order_summaries, recent_order
from shop.tax import TaxTable


class OrderService:
    def __init__(
        self,
        orders: Annotated[OrderRepository, Depends()],
        users: Annotated[UserRepository, Depends()],
        addresses: Annotated[AddressRepository, Depends()],
        products: Annotated[ProductRepository, Depends()],
        coupons: Annotated[CouponRepository, Depends()],
    ) -> None:
        self.orders = orders
        self.users = users
        self.addresses = addresses
        self.products = products
        self.coupons = coupons
        self.session = orders.session

    async def recent(self, limit: int) -> list[RecentOrder]:
        result = []
        for order in await self.orders.recent(limit):
            customer = await self.users.get(order.user_id)
            if customer is not None:
                result.append(recent_order(order, customer))
        return result

    async def of_user(self, user: User, limit: int, offset: int) -> list[OrderSummary]:
        orders = await self.orders.of_user(user.id, limit, offset)
        return await order_summaries(orders)

    async def detail(self, order_id: int, user: User) -> Order:
        order = await self.orders.detail(order_id)
        if order is None or (order.user_id != user.id and not user.is_admin):
            raise NotFound("No such order")
        return order

    async def place(self, user: User, data: OrderIn) -> Order:
        address = await self.addresses.get(data.address_id)
        if address is None or address.user_id != user.id:
            raise NotFound("No such address")
        products = await self._products(data.lines)
        coupon = await self._coupon(data.coupon) if data.coupon else None
        order = self.orders.add(
            Order(
                reference=f"R{secrets.token_hex(6).upper()}",
                user_id=user.id,
                address_id=address.id,
                coupon=coupon,
                status="pending",
            )
        )
        for number, line in enumerate(data.lines, 1):
            product = products[line.product_id]
            if product.stock < line.quantity:
                raise Conflict(f"Only {product.stock} of {product.name} left")
            product.stock -= line.quantity
            order.items.append(
                OrderItem(
                    line=number,
                    product_id=product.id,
                    quantity=line.quantity,
                    unit_price_cents=self._price(product, coupon),
                )
            )
            self.session.add(
                StockMovement(
                    product_id=product.id,
                    quantity=-line.quantity,
                    reason="sale",
                    reference=order.reference,
                )
            )
        await self.session.commit()
        return order

    async def pay(self, order_id: int, user: User) -> Order:
        return await self._move(order_id, user, "paid", allowed=("pending",))

    async def cancel(self, order_id: int, user: User) -> Order:
        return await self._move(order_id, user, "cancelled", allowed=("pending", "paid"))

    async def invoice(self, order_id: int, user: User, taxes: TaxTable) -> InvoiceOut:
        order = await self.detail(order_id, user)
        country = order.address.country
        amounts = [(item.product, item.quantity * item.unit_price_cents) for item in order.items]
        totals = self._totals(amounts, country, taxes)
        return InvoiceOut(reference=order.reference, country=country, **totals.model_dump())

    async def preview(self, data: OrderPreview, taxes: TaxTable) -> Totals:
        products = await self._products(data.lines)
        amounts = [
            (products[line.product_id], line.quantity * products[line.product_id].price_cents)
            for line in data.lines
        ]
        return self._totals(amounts, data.country, taxes)

    async def create_coupon(self, data: CouponIn) -> Coupon:
        if await self.coupons.by_code(data.code) is not None:
            raise Conflict("This code is taken")
        coupon = self.coupons.add(
            Coupon(
                code=data.code,
                percent_off=data.percent_off,
                expires_at=data.expires_at.replace(tzinfo=None),
            )
        )
        await self.session.commit()
        return coupon

    async def _products(self, lines: Iterable[OrderLineIn]) -> dict[int, Product]:
        wanted = {line.product_id for line in lines}
        products = await self.products.with_category(wanted)
        if missing := wanted - products.keys():
            raise NotFound(f"No such product: {min(missing)}")
        return products

    async def _coupon(self, code: str) -> Coupon:
        coupon = await self.coupons.by_code(code)
        if coupon is None or coupon.expires_at < utcnow():
            raise Conflict("This coupon is not valid")
        return coupon

    async def _move(self, order_id: int, user: User, status: str, allowed: tuple[str, ...]) -> Order:
        order = await self.detail(order_id, user)
        if order.user_id != user.id:
            raise Forbidden("Not your order")
        if order.status not in allowed:
            raise Conflict(f"The order is {order.status}")
        order.status = status
        await self.session.commit()
        return order

    @staticmethod
    def _price(product: Product, coupon: Coupon | None) -> int:
        if coupon is None:
            return product.price_cents
        return product.price_cents * (100 - coupon.percent_off) // 100

    @staticmethod
    def _totals(amounts: Iterable[tuple[Product, int]], country: str, taxes: TaxTable) -> Totals:
        net = tax = 0
        for product, cents in amounts:
            net += cents
            tax += taxes.tax(cents, country, product.category.slug)
        return Totals(net_cents=net, tax_cents=tax, gross_cents=net + tax)
