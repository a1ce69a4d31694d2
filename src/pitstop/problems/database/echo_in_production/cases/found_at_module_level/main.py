from fastapi import FastAPI
from sqlalchemy import create_engine, text

app = FastAPI()
engine = create_engine("postgresql://db/shop", echo=True)


@app.get("/count")
def count() -> int:
    with engine.connect() as connection:
        return connection.scalar(text("SELECT count(*) FROM orders"))
