from sqlalchemy import create_engine
from sqlalchemy.orm import Session

engine = create_engine("postgresql+psycopg://db/trips")


def with_session(function):
    def wrapper(session, *args):
        session = session or Session(engine)
        try:
            return function(session, *args)
        finally:
            session.commit()
            session.close()

    return wrapper
