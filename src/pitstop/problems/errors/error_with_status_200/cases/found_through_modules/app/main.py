from app import stock
from fastapi import FastAPI

app = FastAPI()
app.include_router(stock.router, prefix="/api")
