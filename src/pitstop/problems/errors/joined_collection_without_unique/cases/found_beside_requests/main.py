from contextlib import asynccontextmanager

from fastapi import FastAPI
from sqlalchemy import ForeignKey, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, joinedload, mapped_column, relationship, selectinload

app = FastAPI()


class Base(DeclarativeBase):
    pass


class Rule(Base):
    __tablename__ = "rules"
    id: Mapped[int] = mapped_column(primary_key=True)
    sites: Mapped[list["Site"]] = relationship(back_populates="rule")


class Site(Base):
    __tablename__ = "sites"
    id: Mapped[int] = mapped_column(primary_key=True)
    rule_id: Mapped[int] = mapped_column(ForeignKey("rules.id"))
    rule: Mapped[Rule] = relationship(back_populates="sites")


def session() -> Session: ...



def sessions() -> AsyncSession: ...


class Sweeper:
    async def rules(self) -> list[Rule]:
        statement = select(Rule).options(
            joinedload(Rule.sites).load_only(Site.id),
        )
        async with sessions() as opened:
            result = await opened.scalars(statement)
        return [rule for rule in result if rule.sites]
