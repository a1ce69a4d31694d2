from fastapi import Depends, FastAPI

from app.service import Parcels

app = FastAPI()


@app.post("/parcels")
async def statuses(parcels: list[str], service: Parcels = Depends()) -> dict[str, str]:
    return await service.statuses(parcels)
