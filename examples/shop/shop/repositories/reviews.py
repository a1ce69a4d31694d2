from sqlalchemy import func, select

from shop.models import Review
from shop.repositories.base import Repository


class ReviewRepository(Repository[Review]):
    model = Review

    async def of_product(self, product_id: int, limit: int, offset: int) -> list[Review]:
        query = (
            select(Review)
            .where(Review.product_id == product_id)
            .order_by(Review.id.desc())
            .limit(limit)
            .offset(offset)
        )
        return list(await self.session.scalars(query))

    async def by_author(self, product_id: int, user_id: int) -> Review | None:
        query = select(Review).where(Review.product_id == product_id, Review.user_id == user_id)
        return await self.session.scalar(query)

    async def with_status(self, status: str, limit: int) -> list[Review]:
        query = (
            select(Review).where(Review.status == status).order_by(Review.created_at, Review.id).limit(limit)
        )
        return list(await self.session.scalars(query))

    async def newest(self, limit: int) -> list[Review]:
        return list(await self.session.scalars(select(Review).order_by(Review.id.desc()).limit(limit)))

    async def rating(self, product_id: int) -> tuple[int, float | None]:
        query = select(func.count(), func.avg(Review.rating)).where(Review.product_id == product_id)
        count, average = (await self.session.execute(query)).one()
        return count, None if average is None else float(average)
