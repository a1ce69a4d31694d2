from typing import Annotated

from fastapi import APIRouter, Depends, FastAPI, Request
from sqlalchemy.orm import Session

from app.store import Rooms, get_session

app = FastAPI()
router = APIRouter(prefix="/rooms")
SessionDep = Annotated[Session, Depends(get_session)]


async def caller(request: Request, session: SessionDep) -> str:
    wanted = (await request.body()).decode()
    found = Rooms(session).named(wanted)
    return found.name if found else ""


@router.post("/one")
async def room_one(request: Request, user: Annotated[str, Depends(caller)]) -> str:
    return user


@router.post("/two")
async def room_two(request: Request, user: Annotated[str, Depends(caller)]) -> str:
    return user


@router.post("/three")
async def room_three(request: Request, user: Annotated[str, Depends(caller)]) -> str:
    return user


@router.post("/four")
async def room_four(request: Request, user: Annotated[str, Depends(caller)]) -> str:
    return user


@router.post("/five")
async def room_five(request: Request, user: Annotated[str, Depends(caller)]) -> str:
    return user


app.include_router(router)


@app.get("/owner")
async def owner(request: Request, session: SessionDep) -> str:
    return str(Rooms(session).named((await request.body()).decode()))


@app.get("/guest")
async def guest(request: Request, session: SessionDep) -> str:
    return str(Rooms(session).named((await request.body()).decode()))


@app.get("/cook")
async def cook(request: Request, session: SessionDep) -> str:
    return str(Rooms(session).named((await request.body()).decode()))


@app.get("/clerk")
async def clerk(request: Request, session: SessionDep) -> str:
    return str(Rooms(session).named((await request.body()).decode()))
