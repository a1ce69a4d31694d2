from fastapi import Depends, FastAPI

from app.service import Parcels

app = FastAPI()


@app.get("/parcels/{parcel}")
def status(parcel: str, parcels: Parcels = Depends()) -> str:
    return parcels.status(parcel)


@app.delete("/parcels/{parcel}")
def cancel(parcel: str, parcels: Parcels = Depends()) -> None:
    parcels.cancel(parcel)
