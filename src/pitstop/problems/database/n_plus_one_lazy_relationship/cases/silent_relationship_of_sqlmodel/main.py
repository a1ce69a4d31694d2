from fastapi import Depends, FastAPI
from sqlmodel import Field, Relationship, Session, SQLModel, select

app = FastAPI()


class Shelf(SQLModel, table=True):
    id: int = Field(primary_key=True)
    books: list["Book"] = Relationship()


class Book(SQLModel, table=True):
    id: int = Field(primary_key=True)
    shelf_id: int = Field(foreign_key="shelf.id", index=True)


def get_session() -> Session: ...


@app.get("/shelves", response_model=list[Shelf])
def shelves(session: Session = Depends(get_session)) -> list[Shelf]:
    return list(session.exec(select(Shelf).limit(20)).all())
