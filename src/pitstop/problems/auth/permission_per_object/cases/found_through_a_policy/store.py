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


def shared(person: int, document: int) -> bool:
    with Session(engine) as session:
        return session.get(Share, (document, person)) is not None
