from typing import Annotated

from fastapi import APIRouter, Depends, FastAPI

from app.users import tenant


def limits(tenant: Annotated[int, Depends(tenant)]) -> int:
    return tenant


router = APIRouter(prefix="/bills", dependencies=[Depends(tenant)])


@router.get("")
def bills(limits: Annotated[int, Depends(limits)]) -> int:
    return limits


app = FastAPI()
app.include_router(router)
