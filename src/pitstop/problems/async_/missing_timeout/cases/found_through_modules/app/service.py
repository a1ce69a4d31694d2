from app.carrier import Carrier


class Parcels:
    def __init__(self) -> None:
        self.carrier = Carrier()

    def status(self, parcel: str) -> str:
        return self.carrier.status(parcel)

    def cancel(self, parcel: str) -> None:
        self.carrier.cancel(parcel)
