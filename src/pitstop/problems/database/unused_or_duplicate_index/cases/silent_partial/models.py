from sqlalchemy import Index, text
from sqlmodel import Field, SQLModel


class Pet(SQLModel, table=True):
    id: int = Field(primary_key=True)
    owner_id: int = Field(index=True)
    name: str
    __table_args__ = (Index("living", "owner_id", "name", postgresql_where=text("died IS NULL")),)
