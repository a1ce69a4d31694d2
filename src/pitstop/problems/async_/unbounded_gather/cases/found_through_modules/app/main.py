from fastapi import Depends, FastAPI

from app.service import Baskets

app = FastAPI()


@app.post("/levels")
async def levels(skus: list[str], baskets: Baskets = Depends()) -> list[int]:
    return await baskets.levels(skus)
