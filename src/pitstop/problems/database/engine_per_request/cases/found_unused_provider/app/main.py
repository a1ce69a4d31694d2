from fastapi import Depends, FastAPI
from sqlalchemy import Engine, create_engine

app = FastAPI()


def engine(tenant: str) -> Engine:
    return create_engine(f"postgresql://db/{tenant}")


def connection(engine: Engine = Depends(engine)):
    with engine.connect() as opened:
        yield opened
