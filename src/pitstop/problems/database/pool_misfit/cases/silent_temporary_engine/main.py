from fastapi import FastAPI
from sqlalchemy import create_engine, text


def version(url: str) -> str:
    engine = create_engine(url)
    with engine.connect() as connection:
        return connection.scalar(text("SHOW server_version"))


app = FastAPI(version=version("postgresql://db/shop"))
