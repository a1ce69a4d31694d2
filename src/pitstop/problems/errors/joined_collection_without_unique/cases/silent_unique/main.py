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



@app.get("/rules")
def rules(late: bool, db: Session = Depends(session)) -> list[int]:
    statement = select(Rule).options(joinedload(Rule.sites))
    found = [len(rule.sites) for rule in db.scalars(statement).unique()]
    found += [len(rule.sites) for rule in db.execute(statement).unique().scalars().all()]
    result = db.scalars(statement)
    if late:
        result = result.unique()
    found += [len(rule.sites) for rule in result]
    return found
