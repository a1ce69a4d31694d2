from fastapi import Depends, FastAPI

from app import boats
from app.deps import current_user

app = FastAPI(dependencies=[Depends(current_user)])
app.include_router(boats.router)
