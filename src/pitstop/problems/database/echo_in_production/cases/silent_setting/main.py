from fastapi import FastAPI
from sqlalchemy import create_engine, text

from app.config import settings

app = FastAPI()
engine = create_engine("postgresql://db/shop", echo=settings.debug)


@app.get("/count")
def count() -> int:
    with engine.connect() as connection:
        return connection.scalar(text("SELECT count(*) FROM orders"))
