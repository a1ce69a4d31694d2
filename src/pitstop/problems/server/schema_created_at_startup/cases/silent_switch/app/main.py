from fastapi import FastAPI

from app.models import Base, engine

CREATE = False
if CREATE:
    Base.metadata.create_all(engine)
app = FastAPI()
