from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException
from sqlalchemy.ext.asyncio import AsyncSession

from app import trips
from app.models import get_session

app = FastAPI()


@app.post("/trips/{trip_id}/close")
async def close(trip_id: int, session: Annotated[AsyncSession, Depends(get_session)]) -> str:
    trip = await trips.find_trip(session, trip_id)
    if trip is None:
        raise HTTPException(404)
    closed = await trips.close_trip(session, key=trip_id)
    return closed.title
