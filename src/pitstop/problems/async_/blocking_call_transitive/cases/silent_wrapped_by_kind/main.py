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
    async def coroutine(*args, **kwargs):
        started = time.monotonic()
        result = function(*args, **kwargs)
        result = await result
        print(function.__name__, time.monotonic() - started)
        return result

    @functools.wraps(function)
    def plain(*args, **kwargs):
        started = time.monotonic()
        result = function(*args, **kwargs)
        print(function.__name__, time.monotonic() - started)
        return result

    if inspect.iscoroutinefunction(function):
        return coroutine
    return plain


def trifle(x):
    return x + 1


@app.get("/shops")
@timed
def shops(db: Session = Depends(session)):
    return db.execute(text("select * from shops")).all()


@app.get("/orders/{shop}")
@timed
def orders(shop: int, db: Session = Depends(session)):
    return load(db, shop)


@app.get("/next/{x}")
@timed
def following(x: int):
    return trifle(x)


def load(db: Session, shop: int):
    return db.execute(text("select * from orders where shop = :shop"), {"shop": shop}).all()
