from fastapi import FastAPI

from app.database import build

app = FastAPI()
engine = build("postgresql+asyncpg://db/shop")
