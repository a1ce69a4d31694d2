from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query

from shop.dependencies import AdminUser, CurrentUser, Page
from shop.models import Review
from shop.schemas import RatingSummary, ReviewIn, ReviewOut
from shop.services.reviews import ReviewService

router = APIRouter(tags=["reviews"])
Reviews = Annotated[ReviewService, Depends()]


@router.get("/products/{slug}/reviews", response_model=list[ReviewOut])
async def product_reviews(slug: str, reviews: Reviews, page: Page) -> list[Review]:
    return await reviews.of_product(slug, page.size, page.offset)


@router.get("/products/{slug}/rating")
async def rating(slug: str, reviews: Reviews) -> RatingSummary:
    return await reviews.rating(slug)


@router.post("/products/{slug}/reviews", response_model=ReviewOut, status_code=201)
async def write_review(slug: str, data: ReviewIn, user: CurrentUser, reviews: Reviews) -> Review:
    return await reviews.write(slug, user, data)


@router.get("/reviews/latest")
async def latest_reviews(reviews: Reviews, limit: Annotated[int, Query(ge=1, le=500)] = 250):
    return await reviews.latest(limit)


@router.get("/reviews/moderation", response_model=list[ReviewOut])
async def moderation_queue(
    reviews: Reviews, _: AdminUser, status: Literal["pending", "published", "rejected"] = "pending"
) -> list[Review]:
    return await reviews.reviews.with_status(status, limit=30)


@router.post("/reviews/{review_id}/moderation", response_model=ReviewOut)
async def moderate(
    review_id: int, verdict: Literal["published", "rejected"], reviews: Reviews, _: AdminUser
) -> Review:
    return await reviews.moderate(review_id, verdict)
