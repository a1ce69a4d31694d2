from fastapi import FastAPI

from teams import router

app = FastAPI()
app.include_router(router, prefix="/api")
