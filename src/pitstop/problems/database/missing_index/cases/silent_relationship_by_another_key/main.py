from fastapi import Depends, FastAPI
from sqlalchemy import ForeignKey, create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship

app = FastAPI()
engine = create_engine("postgresql://db/clubs")


class Base(DeclarativeBase): ...


class Person(Base):
    __tablename__ = "people"
    id: Mapped[int] = mapped_column(primary_key=True)
    memberships: Mapped[list["Membership"]] = relationship(foreign_keys="Membership.person_id")


class Membership(Base):
    __tablename__ = "memberships"
    id: Mapped[int] = mapped_column(primary_key=True)
    club: Mapped[str]
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    invited_by: Mapped[int] = mapped_column(ForeignKey("people.id"))


def session():
    with Session(engine) as session:
        yield session


@app.post("/memberships")
def join(club: str, person_id: int, invited_by: int, db: Session = Depends(session)) -> None:
    db.add(Membership(club=club, person_id=person_id, invited_by=invited_by))
    db.commit()


@app.get("/people/{person_id}/clubs")
def clubs(person_id: int, db: Session = Depends(session)) -> list[str]:
    person = db.get_one(Person, person_id)
    return [membership.club for membership in person.memberships]
