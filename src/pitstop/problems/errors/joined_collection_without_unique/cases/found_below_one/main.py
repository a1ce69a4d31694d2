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



@app.get("/sites/{key}")
def site(key: int, db: Session = Depends(session)) -> int:
    statement = select(Site).options(joinedload(Site.rule).joinedload(Rule.sites)).where(Site.id == key)
    found = db.execute(statement)
    return len(found.scalar_one().rule.sites)
