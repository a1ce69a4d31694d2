from typing import Annotated

from fastapi import APIRouter, Depends

from shop.dependencies import CurrentUser, Page
from shop.models import Address, User
from shop.repositories.users import AddressRepository
from shop.schemas import AddressIn, AddressOut, OrderSummary, PublicProfile, UserOut, UserUpdate
from shop.services.orders import OrderService
from shop.services.users import UserService

router = APIRouter(prefix="/users", tags=["users"])
Users = Annotated[UserService, Depends()]


@router.get("/me", response_model=UserOut)
async def me(user: CurrentUser) -> User:
    return user


@router.patch("/me", response_model=UserOut)
async def rename(data: UserUpdate, user: CurrentUser, users: Users) -> User:
    return await users.rename(user, data.full_name)


@router.get("/me/addresses", response_model=list[AddressOut])
async def my_addresses(
    user: CurrentUser, addresses: Annotated[AddressRepository, Depends()]
) -> list[Address]:
    return await addresses.of_user(user.id)


@router.post("/me/addresses", response_model=AddressOut, status_code=201)
async def add_address(data: AddressIn, user: CurrentUser, users: Users) -> Address:
    return await users.add_address(user, data)


@router.delete("/me/addresses/{address_id}", status_code=204)
async def remove_address(address_id: int, user: CurrentUser, users: Users) -> None:
    await users.remove_address(user, address_id)


@router.get("/me/orders")
async def my_orders(
    user: CurrentUser, page: Page, orders: Annotated[OrderService, Depends()]
) -> list[OrderSummary]:
    return await orders.of_user(user, page.size, page.offset)


@router.get("/{user_id}", response_model=PublicProfile)
async def profile(user_id: int, users: Users) -> User:
    return await users.profile(user_id)
