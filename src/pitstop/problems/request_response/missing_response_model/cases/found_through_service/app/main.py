from typing import Annotated

from fastapi import APIRouter, Depends, FastAPI

from app.service import Points

app = FastAPI()
router = APIRouter(prefix="/v1")


@router.get("/points")
async def points(service: Annotated[Points, Depends()]):
    return await service.all()


app.include_router(router)
