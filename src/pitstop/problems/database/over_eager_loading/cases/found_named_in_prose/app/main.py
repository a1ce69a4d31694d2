import logging

from fastapi import FastAPI
from pydantic import BaseModel
from sqlalchemy import select

from app.database import SessionDep
from app.models import Author

app = FastAPI()
log = logging.getLogger(__name__)


class AuthorOut(BaseModel):
    name: str


@app.get("/authors")
def authors(session: SessionDep) -> list[AuthorOut]:
    """Authors without their prizes."""
    log.info("authors, not their prizes, are asked for")
    return [AuthorOut(name=a.name) for a in session.scalars(select(Author).limit(20))]
