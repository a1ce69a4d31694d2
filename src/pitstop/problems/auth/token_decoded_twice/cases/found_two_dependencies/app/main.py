from typing import Annotated

from fastapi import APIRouter, Depends, FastAPI

from app.security import Tenant, current_user

router = APIRouter(dependencies=[Depends(current_user)])


@router.get("/bills")
def bills(tenant: Annotated[Tenant, Depends()]) -> str:
    return tenant.name


app = FastAPI()
app.include_router(router)
