from fastapi import FastAPI
from sqlalchemy import create_engine, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column
from sqlalchemy.pool import StaticPool


class Base(DeclarativeBase):
    pass


class Share(Base):
    __tablename__ = "shares"
    document: Mapped[int] = mapped_column(primary_key=True)
    person: Mapped[int] = mapped_column(primary_key=True)


engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
Base.metadata.create_all(engine)
with Session(engine) as session:
    session.add_all(Share(document=number, person=1) for number in range(8))
    session.commit()
app = FastAPI()


def can_read(session: Session, person: int, document: int) -> bool:
    found = select(Share).where(Share.document == document, Share.person == person)
    return session.scalars(found).first() is not None


@app.get("/people/{person}/documents")
def documents(person: int) -> list[int]:
    with Session(engine) as session:
        return [number for number in range(4) if can_read(session, person, number)]
