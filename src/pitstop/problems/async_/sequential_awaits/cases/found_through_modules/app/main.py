from fastapi import Depends, FastAPI

from app.rates import Rates
from app.weather import Weather

app = FastAPI()


@app.get("/trips/{town}")
async def trip(town: str, rates: Rates = Depends(), weather: Weather = Depends()) -> str:
    rate = await rates.rate("EUR")
    sky = await weather.today(town)
    return f"{rate} {sky}"
