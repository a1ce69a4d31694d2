from sqlalchemy import create_engine, pool
from sqlalchemy.orm import Session

engine = create_engine("postgresql://db/shop", poolclass=pool.NullPool)
with Session(engine) as session:
    session.commit()
