from fastapi import FastAPI
from models import Trip
from sessions import maker
from sqlalchemy import delete, select

app = FastAPI()


async def purge(trip_id: int) -> None:
    async with maker() as session:
        await session.execute(delete(Trip).where(Trip.id == trip_id))
        await session.commit()


@app.delete("/trips/{trip_id}")
async def remove(trip_id: int) -> None:
    async with maker() as session:
        trip = (await session.execute(select(Trip).where(Trip.id == trip_id))).scalar_one()
        await purge(trip_id)
        trip.state = "gone"
        await session.commit()
