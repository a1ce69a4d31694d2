from sqlalchemy import create_engine
from sqlalchemy.orm import Session

_engine = None


def sessions_of(url: str, pool: dict[str, int] | None = None) -> Session:
    global _engine
    if _engine is None:
        _engine = create_engine(url, pool_pre_ping=True, **(pool or {}))
    return Session(_engine)
