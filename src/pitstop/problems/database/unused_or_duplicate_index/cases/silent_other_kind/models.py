from sqlalchemy import Index
from sqlmodel import Field, SQLModel


class Pet(SQLModel, table=True):
    id: int = Field(primary_key=True)
    owner_id: int = Field(index=True)
    words: str
    __table_args__ = (Index("search", "owner_id", "words", postgresql_using="gin"),)
