from sqlalchemy import Index
from sqlmodel import Field, SQLModel


class Pet(SQLModel, table=True):
    id: int = Field(primary_key=True)
    chip: int = Field(index=True, unique=True)
    name: str
    __table_args__ = (Index("by_chip", "chip", "name"),)
