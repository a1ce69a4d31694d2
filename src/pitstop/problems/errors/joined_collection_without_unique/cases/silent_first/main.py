from fastapi import Depends, FastAPI
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



@app.get("/rules/{key}")
def rule(key: int, db: Session = Depends(session)) -> int:
    statement = select(Rule).options(joinedload(Rule.sites)).where(Rule.id == key)
    found = [db.scalars(statement).first(), db.scalar(statement)]
    found.append(db.get(Rule, key, options=[joinedload(Rule.sites)]))
    return len([each for each in found if each is not None])
