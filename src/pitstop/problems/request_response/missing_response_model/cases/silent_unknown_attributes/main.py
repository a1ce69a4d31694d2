from fastapi import FastAPI
from sqlalchemy import ForeignKey
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

app = FastAPI()


class Base(DeclarativeBase):
    pass


class Station(Base):
    __tablename__ = "stations"

    id: Mapped[int] = mapped_column(primary_key=True)
    line_id: Mapped[int] = mapped_column(ForeignKey("lines.id"))


def all_stations(db: Session) -> list[Station]:
    return db.query(Station).all()


@app.get("/nicknames")
def nicknames(db: Session):
    # `nicknames` is an association proxy that some plugin adds to the model.
    return {station.nicknames for station in all_stations(db)}
