from app.carrier import Carrier


class Parcels:
    def __init__(self) -> None:
        self.carrier = Carrier()

    async def statuses(self, parcels: list[str]) -> dict[str, str]:
        found: dict[str, str] = {}
        for parcel in parcels:
            status = await self.carrier.status(parcel)
            found[parcel] = status.strip()
        return found
