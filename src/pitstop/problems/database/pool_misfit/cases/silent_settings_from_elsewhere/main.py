from fastapi import FastAPI
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session, sessionmaker

app = FastAPI()


def sessions_for(url: str, **options: object) -> sessionmaker[Session]:
    engine = create_engine(url, **options)
    return sessionmaker(engine)


sessions = sessions_for("postgresql://db/shop", pool_size=20, pool_pre_ping=True)


@app.get("/count")
def count() -> int:
    with sessions() as session:
        return session.scalar(text("SELECT count(*) FROM orders"))
