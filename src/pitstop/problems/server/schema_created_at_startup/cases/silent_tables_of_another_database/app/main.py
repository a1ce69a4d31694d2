from app.models import Kept
from fastapi import FastAPI
from sqlalchemy import create_engine

log = create_engine("sqlite:///log.db")
Kept.metadata.create_all(log)
app = FastAPI()
