from typing import Annotated

from fastapi import APIRouter, Depends, FastAPI, Request
from sqlalchemy.orm import Session

from app.store import Rooms, get_session

app = FastAPI()
router = APIRouter(prefix="/rooms")
SessionDep = Annotated[Session, Depends(get_session)]


@router.get("/one")
async def room_one(session: SessionDep) -> bool:
    return Rooms(session).named("one") is not None


@router.get("/two")
async def room_two(session: SessionDep) -> bool:
    return Rooms(session).named("two") is not None


@router.get("/three")
async def room_three(session: SessionDep) -> bool:
    return Rooms(session).named("three") is not None


@router.get("/four")
async def room_four(session: SessionDep) -> bool:
    return Rooms(session).named("four") is not None


@router.get("/five")
async def room_five(session: SessionDep) -> bool:
    return Rooms(session).named("five") is not None


app.include_router(router)
