from fastapi import FastAPI

from app.service import StatisticsDep

app = FastAPI()


@app.get("/customers/{customer}/count")
async def count(customer: int, statistics: StatisticsDep) -> int:
    return await statistics.count(customer)
