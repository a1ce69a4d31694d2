from typing import Annotated

from fastapi import APIRouter, Depends, FastAPI
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.dependencies import trip_is_open
from app.models import Trip, get_session

router = APIRouter(prefix="/trips", dependencies=[Depends(trip_is_open)])
SessionDep = Annotated[AsyncSession, Depends(get_session)]


class Trips:
    def __init__(self, session: SessionDep) -> None:
        self.session = session

    async def one(self, number: int) -> Trip:
        query = select(Trip).filter_by(id=number)
        return (await self.session.scalars(query)).one()


@router.get("/{trip_id}/title")
async def title(trip_id: int, trips: Annotated[Trips, Depends()]) -> str:
    return (await trips.one(trip_id)).title


app = FastAPI()
app.include_router(router)
