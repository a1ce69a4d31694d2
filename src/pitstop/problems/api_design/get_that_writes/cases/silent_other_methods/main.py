from fastapi import FastAPI, HTTPException
from fastapi.responses import RedirectResponse
from sqlalchemy import create_engine, update
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column
from sqlalchemy.pool import StaticPool


class Base(DeclarativeBase):
    pass


class Order(Base):
    __tablename__ = "orders"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(default="")
    views: Mapped[int] = mapped_column(default=0)
    last_seen_at: Mapped[int] = mapped_column(default=0)


engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
Base.metadata.create_all(engine)
with Session(engine) as session:
    session.add_all(Order(id=number, name="old") for number in range(1, 4))
    session.commit()
app = FastAPI()


def rename(number: int, name: str) -> None:
    with Session(engine) as session:
        session.execute(update(Order).where(Order.id == number).values(name=name))
        session.commit()


@app.get("/orders/{number}/confirm")
def confirm(number: int) -> int:
    rename(number, "confirmed")
    return number


@app.get("/orders/{number}/open", status_code=307)
def opened(number: int) -> RedirectResponse:
    rename(number, "opened")
    return RedirectResponse("/elsewhere")


@app.post("/orders/{number}")
def change(number: int) -> int:
    rename(number, "changed")
    return number


@app.get("/orders/{number}/fail")
def fail(number: int) -> int:
    rename(number, "failed")
    raise HTTPException(409)
