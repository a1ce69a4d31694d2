from sqlalchemy import exists, select
from sqlalchemy.orm import selectinload

from shop.models import Address, Order, User
from shop.repositories.base import Repository


class UserRepository(Repository[User]):
    model = User

    async def by_email(self, email: str) -> User | None:
        return await self.session.scalar(select(User).where(User.email == email))

    async def newest(self, limit: int, offset: int = 0) -> list[User]:
        query = select(User).order_by(User.id.desc()).limit(limit).offset(offset)
        return list(await self.session.scalars(query))

    async def with_addresses(self, user_id: int) -> User | None:
        query = select(User).where(User.id == user_id).options(selectinload(User.addresses))
        return await self.session.scalar(query)


class AddressRepository(Repository[Address]):
    model = Address

    async def of_user(self, user_id: int) -> list[Address]:
        query = select(Address).where(Address.user_id == user_id).order_by(Address.id)
        return list(await self.session.scalars(query))

    async def is_used(self, address_id: int) -> bool:
        return bool(await self.session.scalar(select(exists().where(Order.address_id == address_id))))
