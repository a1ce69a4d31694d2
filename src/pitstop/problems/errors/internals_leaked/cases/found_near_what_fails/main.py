import below
import disk
import far
import here
from fastapi import FastAPI

app = FastAPI()
for module in (here, below, far, disk):
    app.include_router(module.router)
