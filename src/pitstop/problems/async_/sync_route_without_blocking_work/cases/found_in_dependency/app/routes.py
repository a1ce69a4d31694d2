from fastapi import APIRouter, Depends

from app.headers import pool, tenant

router = APIRouter(prefix="/items")


@router.get("/one")
async def one(name: str = Depends(tenant)) -> str:
    return name


@router.get("/two")
async def two(name: str = Depends(tenant), connections=Depends(pool)) -> str:
    return name + str(connections)
