from sqlalchemy import func, select
from sqlalchemy.orm import joinedload, selectinload

from shop.models import Coupon, Order, OrderItem, Product
from shop.repositories.base import Repository


class OrderRepository(Repository[Order]):
    model = Order

    async def detail(self, order_id: int) -> Order | None:
        query = (
            select(Order)
            .where(Order.id == order_id)
            .options(
                selectinload(Order.items).joinedload(OrderItem.product).joinedload(Product.category),
                joinedload(Order.coupon),
                joinedload(Order.address),
            )
        )
        return await self.session.scalar(query)

    async def recent(self, limit: int) -> list[Order]:
        query = select(Order).order_by(Order.created_at.desc(), Order.id.desc()).limit(limit)
        return list(await self.session.scalars(query))

    async def of_user(self, user_id: int, limit: int, offset: int) -> list[Order]:
        query = (
            select(Order)
            .where(Order.user_id == user_id)
            .order_by(Order.created_at.desc(), Order.id.desc())
            .limit(limit)
            .offset(offset)
        )
        return list(await self.session.scalars(query))

    async def page(self, limit: int, offset: int) -> list[Order]:
        query = (
            select(Order)
            .options(selectinload(Order.items), joinedload(Order.coupon))
            .order_by(Order.id)
            .limit(limit)
            .offset(offset)
        )
        return list(await self.session.scalars(query))

    async def count(self, status: str | None = None) -> int:
        query = select(func.count()).select_from(Order)
        if status is not None:
            query = query.where(Order.status == status)
        return await self.session.scalar(query) or 0


class CouponRepository(Repository[Coupon]):
    model = Coupon

    async def by_code(self, code: str) -> Coupon | None:
        return await self.session.scalar(select(Coupon).where(Coupon.code == code))

    async def all(self) -> list[Coupon]:
        return list(await self.session.scalars(select(Coupon).order_by(Coupon.id).limit(200)))
