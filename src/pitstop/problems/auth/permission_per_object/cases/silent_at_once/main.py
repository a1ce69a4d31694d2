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


def allowed_documents(session: Session, person: int) -> set[int]:
    return set(session.scalars(select(Share.document).where(Share.person == person)))


@app.get("/people/{person}/documents")
def documents(person: int) -> list[int]:
    with Session(engine) as session:
        allowed = allowed_documents(session, person)
        return [number for number in range(20) if number in allowed]
