from fastapi import Depends, FastAPI

from app import boats
from app.deps import current_user

app = FastAPI()
app.include_router(boats.router, dependencies=[Depends(current_user)])
