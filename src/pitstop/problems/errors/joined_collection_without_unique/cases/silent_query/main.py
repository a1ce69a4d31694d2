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



def read(db: Session, statement: object) -> list[Rule]:
    return db.scalars(statement).unique().all()


@app.get("/rules")
def rules(db: Session = Depends(session)) -> list[int]:
    found = db.query(Rule).options(joinedload(Rule.sites)).all()
    found += read(db, select(Rule).options(joinedload(Rule.sites)))
    return [len(rule.sites) for rule in found]
