from fastapi import FastAPI
from fastapi_users_db_sqlalchemy import SQLAlchemyBaseUserTableUUID
from sqlalchemy import select

from app.database import SessionDep
from app.models import Base

app = FastAPI()


class Reader(SQLAlchemyBaseUserTableUUID, Base):
    pass


@app.get("/readers")
def readers(session: SessionDep, ending: str, page: int = 0) -> list[str]:
    found = [reader for reader in session.scalars(select(Reader)).all() if reader.email.lower().endswith(ending)]
    return [reader.email for reader in found[page * 20 : (page + 1) * 20]]
