from fastapi import Depends, FastAPI
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session, sessionmaker

app = FastAPI()
_sessions = None


def sessions():
    global _sessions
    if _sessions is None:
        _sessions = sessionmaker(create_engine("postgresql://db/shop"))
    return _sessions


def session():
    with sessions()() as opened:
        yield opened


@app.get("/count")
def count(session: Session = Depends(session)) -> int:
    return session.scalar(text("SELECT count(*) FROM orders"))
