from typing import Annotated

from fastapi import Depends

from shop.errors import Conflict, NotFound
from shop.models import Product, Review, User
from shop.repositories.catalog import ProductRepository
from shop.repositories.reviews import ReviewRepository
from shop.schemas import RatingSummary, ReviewIn, ReviewOut


class ReviewService:
    def __init__(
        self,
        reviews: Annotated[ReviewRepository, Depends()],
        products: Annotated[ProductRepository, Depends()],
    ) -> None:
        self.reviews = reviews
        self.products = products
        self.session = reviews.session

    async def of_product(self, slug: str, limit: int, offset: int) -> list[Review]:
        product = await self._product(slug)
        return await self.reviews.of_product(product.id, limit, offset)

    async def rating(self, slug: str) -> RatingSummary:
        product = await self._product(slug)
        count, average = await self.reviews.rating(product.id)
        return RatingSummary(reviews=count, average=None if average is None else round(average, 2))

    async def write(self, slug: str, user: User, data: ReviewIn) -> Review:
        product = await self._product(slug)
        if await self.reviews.by_author(product.id, user.id) is not None:
            raise Conflict("You have reviewed this product")
        review = self.reviews.add(
            Review(product_id=product.id, user_id=user.id, status="pending", **data.model_dump())
        )
        await self.session.commit()
        return review

    async def latest(self, limit: int) -> list[ReviewOut]:
        return [ReviewOut.model_validate(review) for review in await self.reviews.newest(limit)]

    async def moderate(self, review_id: int, status: str) -> Review:
        review = await self.reviews.get(review_id)
        if review is None:
            raise NotFound("No such review")
        if review.status != "pending":
            raise Conflict(f"The review is {review.status}")
        review.status = status
        await self.session.commit()
        return review

    async def _product(self, slug: str) -> Product:
        product = await self.products.by_slug(slug)
        if product is None:
            raise NotFound("No such product")
        return product
