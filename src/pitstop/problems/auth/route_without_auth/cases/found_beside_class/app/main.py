from fastapi import FastAPI

from app import boats

app = FastAPI()
app.include_router(boats.router)
