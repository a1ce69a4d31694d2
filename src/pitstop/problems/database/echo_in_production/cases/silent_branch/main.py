import os

from fastapi import FastAPI
from sqlalchemy import create_engine

app = FastAPI()
if os.environ.get("ENV") == "dev":
    engine = create_engine("postgresql://db/shop", echo=True)
else:
    engine = create_engine("postgresql://db/shop")
