from pgvector.sqlalchemy import Vector
from sqlalchemy import Column, Integer, Text
from sqlalchemy.orm import declarative_base

Base = declarative_base()


class Passage(Base):
    __tablename__ = "passages"

    id = Column(Integer, primary_key=True)
    source = Column(Text)
    content = Column(Text)
    embedding = Column(Vector(1536))
