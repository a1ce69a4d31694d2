from fastapi import FastAPI

from app import boats
from app.guards import GUARDS

app = FastAPI()
app.include_router(boats.router, dependencies=GUARDS)
