from fastapi import Depends, FastAPI

from app.service import Closing

app = FastAPI()


@app.post("/trips/{trip_id}/close")
async def close(trip_id: int, closing: Closing = Depends(Closing)) -> int:
    return await closing.close(trip_id)
