from sqlalchemy import PrimaryKeyConstraint, UniqueConstraint
from sqlmodel import Field, SQLModel


class Pet(SQLModel, table=True):
    id: int = Field(primary_key=True)
    owner_id: int = Field(index=True)
    name: str
    __table_args__ = (UniqueConstraint("owner_id", "name"),)


class Visit(SQLModel, table=True):
    pet_id: int = Field(index=True)
    number: int
    __table_args__ = (PrimaryKeyConstraint("pet_id", "number"),)
