from typing import Annotated

from fastapi import Depends
from fastapi.concurrency import run_in_threadpool

from shop.errors import Conflict, Forbidden, NotFound
from shop.models import Address, User
from shop.repositories.users import AddressRepository, UserRepository
from shop.schemas import AddressIn, Registration
from shop.security import hash_password, verify_password


class UserService:
    def __init__(
        self,
        users: Annotated[UserRepository, Depends()],
        addresses: Annotated[AddressRepository, Depends()],
    ) -> None:
        self.users = users
        self.addresses = addresses
        self.session = users.session

    async def register(self, data: Registration) -> User:
        if await self.users.by_email(data.email):
            raise Conflict("This e-mail address is taken")
        password_hash = await run_in_threadpool(hash_password, data.password)
        user = self.users.add(
            User(email=data.email, full_name=data.full_name, password_hash=password_hash, is_admin=False)
        )
        await self.session.commit()
        return user

    async def authenticate(self, email: str, password: str) -> User | None:
        user = await self.users.by_email(email.lower())
        if user is None:
            return None
        right = await run_in_threadpool(verify_password, password, user.password_hash)
        return user if right else None

    async def change_password(self, user: User, current: str, new: str) -> None:
        if not await run_in_threadpool(verify_password, current, user.password_hash):
            raise Forbidden("The current password is wrong")
        user.password_hash = await run_in_threadpool(hash_password, new)
        await self.session.commit()

    async def rename(self, user: User, full_name: str) -> User:
        user.full_name = full_name
        await self.session.commit()
        return user

    async def profile(self, user_id: int) -> User:
        user = await self.users.get(user_id)
        if user is None:
            raise NotFound("No such user")
        return user

    async def add_address(self, user: User, data: AddressIn) -> Address:
        address = self.addresses.add(Address(user_id=user.id, **data.model_dump()))
        await self.session.commit()
        return address

    async def remove_address(self, user: User, address_id: int) -> None:
        address = await self.addresses.get(address_id)
        if address is None or address.user_id != user.id:
            raise NotFound("No such address")
        if await self.addresses.is_used(address_id):
            raise Conflict("An order was sent to this address")
        await self.session.delete(address)
        await self.session.commit()
