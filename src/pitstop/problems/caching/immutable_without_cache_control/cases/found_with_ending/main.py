from fastapi import FastAPI
from files import router

app = FastAPI()
app.include_router(router, prefix="/media")
