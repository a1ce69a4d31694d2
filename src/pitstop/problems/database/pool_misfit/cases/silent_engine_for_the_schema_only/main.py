from databases import Database
from fastapi import FastAPI
from sqlalchemy import MetaData, create_engine

app = FastAPI()
metadata = MetaData()
database = Database("postgresql://db/shop")
engine = create_engine("postgresql://db/shop")
metadata.create_all(engine)


@app.get("/count")
async def count() -> int:
    return await database.fetch_val("SELECT count(*) FROM orders")
