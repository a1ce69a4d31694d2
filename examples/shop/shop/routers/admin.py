from typing import Annotated

from fastapi import APIRouter, Depends, Query
from sqlalchemy import func, select

from shop.database import SessionDep
from shop.dependencies import Page, admin_user
from shop.errors import NotFound
from shop.models import Address, Coupon, Product, User
from shop.repositories.orders import CouponRepository, OrderRepository
from shop.repositories.users import UserRepository
from shop.schemas import (
    AddressOut,
    CouponIn,
    CouponOut,
    Dashboard,
    OrderOut,
    OrderPage,
    UserWithAddresses,
)
from shop.services.orders import OrderService

router = APIRouter(prefix="/admin", tags=["admin"], dependencies=[Depends(admin_user)])


@router.get("/dashboard")
async def dashboard(session: SessionDep, orders: Annotated[OrderRepository, Depends()]) -> Dashboard:
    by_status = {}
    for status in ("pending", "paid"):
        by_status[status] = await orders.count(status)
    return Dashboard(
        users=await session.scalar(select(func.count()).select_from(User)) or 0,
        products=await session.scalar(select(func.count()).select_from(Product)) or 0,
        orders=by_status,
    )


@router.get("/users")
async def users(
    session: SessionDep,
    repository: Annotated[UserRepository, Depends()],
    limit: Annotated[int, Query(ge=1, le=100)] = 40,
) -> list[UserWithAddresses]:
    result = []
    for user in await repository.newest(limit):
        addresses = await session.scalars(
            select(Address).where(Address.user_id == user.id).order_by(Address.id)
        )
        result.append(
            UserWithAddresses(
                id=user.id,
                email=user.email,
                full_name=user.full_name,
                addresses=[AddressOut.model_validate(address) for address in addresses],
            )
        )
    return result


@router.get("/users/{user_id}", response_model=UserWithAddresses)
async def user(user_id: int, repository: Annotated[UserRepository, Depends()]) -> User:
    found = await repository.with_addresses(user_id)
    if found is None:
        raise NotFound("No such user")
    return found


@router.get("/orders")
async def orders(repository: Annotated[OrderRepository, Depends()], page: Page):
    rows = await repository.page(page.size, page.offset)
    return OrderPage(
        items=[OrderOut.model_validate(row) for row in rows],
        total=await repository.count(),
        page=page.page,
        size=page.size,
    )


@router.get("/coupons", response_model=list[CouponOut])
async def coupons(repository: Annotated[CouponRepository, Depends()]) -> list[Coupon]:
    return await repository.all()


@router.post("/coupons", response_model=CouponOut, status_code=201)
async def create_coupon(data: CouponIn, orders: Annotated[OrderService, Depends()]) -> Coupon:
    return await orders.create_coupon(data)
