from fastapi import APIRouter

router = APIRouter()


@router.get("/cities")
async def cities() -> list[str]:
    return [f"City number {number} of the country" for number in range(2_000)]


@router.get("/streets")
async def streets(city: int) -> list[str]:
    return [f"Street number {number} of city {city}" for number in range(3_000)]
