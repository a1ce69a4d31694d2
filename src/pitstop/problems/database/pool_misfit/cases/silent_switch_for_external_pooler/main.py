import os

from fastapi import FastAPI
from sqlalchemy import create_engine, pool, text
from sqlalchemy.orm import Session, sessionmaker

app = FastAPI()


def build() -> sessionmaker[Session]:
    url = "postgresql://db/shop"
    if os.environ.get("EXTERNAL_POOL"):
        engine = create_engine(url, poolclass=pool.NullPool)
    else:
        engine = create_engine(url, pool_pre_ping=True, pool_size=20)
    return sessionmaker(engine)


sessions = build()


@app.get("/count")
def count() -> int:
    with sessions() as session:
        return session.scalar(text("SELECT count(*) FROM orders"))
