import functools
import inspect
import time

from fastapi import Depends, FastAPI
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session

app = FastAPI()
engine = create_engine("postgresql://shop")


def session():
    with Session(engine) as db:
        yield db


def timed(function):
    @functools.wraps(function)
    async def wrapper(*args, **kwargs):
        started = time.monotonic()
        if inspect.iscoroutinefunction(function):
            result = await function(*args, **kwargs)
        else:
            result = function(*args, **kwargs)
        print(function.__name__, time.monotonic() - started)
        return result

    return wrapper


def trifle(x):
    return x + 1


@timed
@app.get("/shops")
def shops(db: Session = Depends(session)):
    return db.execute(text("select * from shops")).all()


@timed
@app.get("/orders/{shop}")
def orders(shop: int, db: Session = Depends(session)):
    return load(db, shop)


@timed
@app.get("/next/{x}")
def following(x: int):
    return trifle(x)


def load(db: Session, shop: int):
    return db.execute(text("select * from orders where shop = :shop"), {"shop": shop}).all()
