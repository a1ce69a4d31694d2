from fastapi import FastAPI

from app.models import Base, engine

Base.metadata.create_all(engine)
app = FastAPI()
