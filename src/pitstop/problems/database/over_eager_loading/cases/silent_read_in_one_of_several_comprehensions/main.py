from fastapi import Depends, FastAPI
from sqlalchemy import ForeignKey, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship

app = FastAPI()


class Base(DeclarativeBase): ...


class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


class Photo(Base):
    __tablename__ = "photos"
    id: Mapped[int] = mapped_column(primary_key=True)
    path: Mapped[str]


class State(Base):
    __tablename__ = "states"
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    user: Mapped[User] = relationship(lazy="joined")


def get_session() -> Session: ...


@app.get("/album")
def album(session: Session = Depends(get_session)) -> dict[str, list[str]]:
    photos = [s.path for s in session.scalars(select(Photo).limit(10))]
    names = [s.user.name for s in session.scalars(select(State).limit(10))]
    return {"photos": photos, "names": names}
