from pathlib import Path

from fastapi import FastAPI
from sqlalchemy import create_engine, delete
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

app = FastAPI()


class Base(DeclarativeBase):
    pass


class Note(Base):
    __tablename__ = "notes"

    id: Mapped[int] = mapped_column(primary_key=True)
    owner_id: Mapped[int] = mapped_column(index=True)


def forget(session: Session, owner_id: int) -> None:
    session.execute(delete(Note).where(Note.owner_id == owner_id))


@app.delete("/owners/{owner_id}")
def delete_owner(owner_id: int) -> None:
    for path in sorted(Path("spaces").glob("*.db")):
        engine = create_engine(f"sqlite:///{path}")
        try:
            with Session(engine) as session:
                forget(session, owner_id)
                session.commit()
        finally:
            engine.dispose()
