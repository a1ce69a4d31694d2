from fastapi import FastAPI
from sqlalchemy import select

from app.database import SessionDep
from app.models import Notice

app = FastAPI()


@app.get("/opened")
def opened(session: SessionDep) -> list[int]:
    return list(session.scalars(select(Notice.id).where(Notice.opened == "0").limit(50)))


@app.get("/shown")
def shown(session: SessionDep) -> list[int]:
    return list(session.scalars(select(Notice.id).where(Notice.shown == "1").limit(50)))


@app.get("/there")
def there(session: SessionDep) -> list[int]:
    return list(session.scalars(select(Notice.id).where(Notice.del_flag == "no").limit(50)))


@app.get("/same/{text}")
def same(text: str, session: SessionDep) -> list[int]:
    return list(session.scalars(select(Notice.id).where(Notice.content == text.encode()).limit(50)))
