from fastapi import Depends

from app.gateway import Gateway
from app.repository import Trips


def trips() -> Trips: ...


class Closing:
    def __init__(self, trips: Trips = Depends(trips), gateway: Gateway = Depends(Gateway)) -> None:
        self.trips = trips
        self.gateway = gateway

    async def close(self, trip_id: int) -> int:
        trip = await self.trips.one(trip_id)
        return await self.gateway.price(trip.id)
