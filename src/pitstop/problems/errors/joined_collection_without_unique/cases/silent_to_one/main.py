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



@app.get("/sites")
def sites(db: Session = Depends(session)) -> list[int]:
    found = [site.rule.id for site in db.scalars(select(Site).options(joinedload(Site.rule)))]
    below = select(Site).options(selectinload(Site.rule).joinedload(Rule.sites))
    found += [len(site.rule.sites) for site in db.scalars(below).all()]
    return found
