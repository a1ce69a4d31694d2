import uuid
from typing import Annotated, Any

from fastapi import Depends, FastAPI
from fastapi_users import BaseUserManager, FastAPIUsers, UUIDIDMixin
from fastapi_users.db import SQLAlchemyBaseUserTableUUID, SQLAlchemyUserDatabase
from sqlalchemy import ForeignKey, Select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship, selectinload

app = FastAPI()


class Base(DeclarativeBase):
    pass


class User(SQLAlchemyBaseUserTableUUID, Base):
    medals: Mapped[list["Medal"]] = relationship()


class Medal(Base):
    __tablename__ = "medals"
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("user.id"), index=True)


class Users(SQLAlchemyUserDatabase[User, uuid.UUID]):
    async def _get_user(self, statement: Select[Any]) -> User | None:
        statement = statement.options(selectinload(User.medals))
        result = await self.session.execute(statement)
        return result.unique().scalar_one_or_none()


class Manager(UUIDIDMixin, BaseUserManager[User, uuid.UUID]):
    pass


async def session() -> AsyncSession: ...


async def user_database(opened: AsyncSession = Depends(session)) -> Users:
    return Users(opened, User)


async def manager(users: Users = Depends(user_database)) -> Manager:
    return Manager(users)


logins = FastAPIUsers[User, uuid.UUID](manager, [])
who = logins.current_user(active=True)


async def caller(user: Annotated[User, Depends(who)]) -> User:
    return user


@app.get("/medals")
async def medals(user: User = Depends(caller)) -> list[int]:
    return [medal.id for medal in user.medals]


@app.get("/boats")
async def boats(user: User = Depends(caller)) -> str:
    return user.email


@app.get("/crews")
async def crews(user: User = Depends(caller)) -> str:
    return user.email


@app.get("/harbours")
async def harbours(user: User = Depends(caller)) -> str:
    return user.email


@app.get("/lakes")
async def lakes(user: User = Depends(caller)) -> str:
    return user.email


@app.get("/locks")
async def locks(user: User = Depends(caller)) -> str:
    return user.email


@app.get("/masts")
async def masts(user: User = Depends(caller)) -> str:
    return user.email


@app.get("/piers")
async def piers(user: User = Depends(caller)) -> str:
    return user.email


@app.get("/sails")
async def sails(user: User = Depends(caller)) -> str:
    return user.email


@app.get("/tides")
async def tides(user: User = Depends(caller)) -> str:
    return user.email
