import functools
import inspect
import time

from fastapi import Depends, FastAPI
from fastapi.concurrency import run_in_threadpool
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
            result = await run_in_threadpool(function, *args, **kwargs)
        print(function.__name__, time.monotonic() - started)
        return result

    return wrapper


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
