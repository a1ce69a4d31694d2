from typing import Annotated

from fastapi import APIRouter, Depends, FastAPI, Request
from sqlalchemy.ext.asyncio import AsyncSession

from app.store import Rooms, get_session

app = FastAPI()
router = APIRouter(prefix="/rooms")
SessionDep = Annotated[AsyncSession, Depends(get_session)]


@router.post("/one")
async def room_one(request: Request, session: SessionDep) -> bool:
    wanted = (await request.body()).decode()
    return await Rooms(session).named(wanted) is not None


@router.post("/two")
async def room_two(request: Request, session: SessionDep) -> bool:
    wanted = (await request.body()).decode()
    return await Rooms(session).named(wanted) is not None


@router.post("/three")
async def room_three(request: Request, session: SessionDep) -> bool:
    wanted = (await request.body()).decode()
    return await Rooms(session).named(wanted) is not None


@router.post("/four")
async def room_four(request: Request, session: SessionDep) -> bool:
    wanted = (await request.body()).decode()
    return await Rooms(session).named(wanted) is not None


@router.post("/five")
async def room_five(request: Request, session: SessionDep) -> bool:
    wanted = (await request.body()).decode()
    return await Rooms(session).named(wanted) is not None


app.include_router(router)
