from sqlalchemy import Index
from sqlmodel import Field, SQLModel


class Pet(SQLModel, table=True):
    id: int = Field(primary_key=True)
    owner_id: int = Field(index=True)
    name: str
    __table_args__ = (Index("by_name", "name", "owner_id"),)
