from sqlalchemy import create_engine, text
from sqlalchemy.pool import StaticPool

engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
COUNT = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < :below) SELECT sum(x % 7) FROM n"


def longest(below: int) -> int:
    with engine.connect() as connection:
        return connection.execute(text(COUNT), {"below": below * 1000}).scalar_one()
