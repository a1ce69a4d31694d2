from typing import Annotated

from fastapi import Depends, HTTPException
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.models import Trip, get_session


async def trip_is_open(trip_id: int, session: Annotated[AsyncSession, Depends(get_session)]) -> None:
    trip = await session.scalar(select(Trip).where(Trip.id == trip_id))
    if trip is None or trip.closed:
        raise HTTPException(404)
