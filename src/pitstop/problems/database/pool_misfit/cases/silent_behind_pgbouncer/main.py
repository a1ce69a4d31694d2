from fastapi import FastAPI
from sqlalchemy import NullPool, create_engine, text
from sqlalchemy.orm import Session

app = FastAPI()
# PgBouncer keeps the connections.
engine = create_engine("postgresql://pgbouncer:6432/shop", poolclass=NullPool)


@app.get("/count")
def count() -> int:
    with Session(engine) as session:
        return session.scalar(text("SELECT count(*) FROM orders"))
