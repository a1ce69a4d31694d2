from sqlalchemy import Column, ForeignKey, Integer, String
from sqlalchemy.orm import declarative_base, declared_attr, relationship

Base = declarative_base()


class Depot(Base):
    __tablename__ = "depots"

    id = Column(Integer, primary_key=True)
    name = Column(String)


class OfDepot:
    @declared_attr
    def depot_id(cls):
        return Column(Integer, ForeignKey(Depot.id))

    @declared_attr
    def depot(cls):
        return relationship("Depot")


class TramType(Base):
    __tablename__ = "tram_types"

    id = Column(Integer, primary_key=True)
    name = Column(String)


class Tram(Base, OfDepot):
    __tablename__ = "trams"

    id = Column(Integer, primary_key=True)
    number = Column(String)
    tram_type_id = Column(Integer, ForeignKey("tram_types.id"))
    tram_type = relationship("TramType")
