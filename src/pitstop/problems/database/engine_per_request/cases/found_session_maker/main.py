from fastapi import Depends, FastAPI
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session, sessionmaker

app = FastAPI()
engine = create_engine("postgresql://db/shop")


def session():
    opened = sessionmaker(bind=engine)()
    try:
        yield opened
    finally:
        opened.close()


@app.get("/a")
def a(session: Session = Depends(session)) -> int:
    return session.scalar(text("SELECT 1"))


@app.get("/b")
def b(session: Session = Depends(session)) -> int:
    return session.scalar(text("SELECT 2"))
