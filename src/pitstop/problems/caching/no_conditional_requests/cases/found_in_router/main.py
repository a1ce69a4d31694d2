from fastapi import FastAPI
from places import router

app = FastAPI()
app.include_router(router, prefix="/api")
