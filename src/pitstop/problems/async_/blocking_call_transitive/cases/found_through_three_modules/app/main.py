from fastapi import FastAPI

from app.service import quote

app = FastAPI()


@app.get("/quote")
async def get_quote(grams: int) -> float:
    return quote(grams)
