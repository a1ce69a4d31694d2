from sqlalchemy import create_engine, text
from sqlalchemy.pool import StaticPool

engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
MANY = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 800000) SELECT x, x % 7 FROM n"
with engine.begin() as made:
    made.execute(text("CREATE TABLE events (id INTEGER PRIMARY KEY, kind INTEGER)"))
    made.execute(text("CREATE TABLE kinds (id INTEGER PRIMARY KEY, name TEXT)"))
    made.execute(text("INSERT INTO kinds VALUES (1, 'a'), (2, 'b')"))
    made.execute(text(f"INSERT INTO events {MANY}"))
