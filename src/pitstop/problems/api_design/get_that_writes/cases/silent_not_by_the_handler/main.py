from fastapi import BackgroundTasks, Depends, FastAPI
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


def noted() -> None:
    rename(1, "noted")


@app.get("/orders/{number}", dependencies=[Depends(noted)])
def order(number: int, tasks: BackgroundTasks) -> int:
    tasks.add_task(rename, number, "told")
    return number


@app.get("/orders/{number}/preview")
def preview(number: int) -> str:
    with Session(engine) as session:
        order = session.get_one(Order, number)
        order.name = "previewed"
        session.flush()
        session.rollback()
        return order.name


@app.get("/plans/{number}")
def plan(number: int) -> int:
    with Session(engine) as session:
        session.execute(update(Order).where(Order.id == -number).values(name="nobody"))
        session.commit()
    return number
