from fastapi import FastAPI
from pydantic import BaseModel
from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from app.database import SessionDep
from app.models import Author, Book

app = FastAPI()


from fastapi import Request
from fastapi.templating import Jinja2Templates

templates = Jinja2Templates("templates")


@app.get("/authors")
def authors(request: Request, session: SessionDep):
    found = session.scalars(select(Author).limit(20)).all()
    return templates.TemplateResponse(request, "authors.html", {"authors": found})
