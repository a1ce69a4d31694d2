from typing import Annotated

from fastapi import Depends, FastAPI

from app.weather import Weather

app = FastAPI()


@app.get("/weather/{city}")
async def weather(city: str, service: Annotated[Weather, Depends()]) -> dict[str, float]:
    return await service.now(city)
