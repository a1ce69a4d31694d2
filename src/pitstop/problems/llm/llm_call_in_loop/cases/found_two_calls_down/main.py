from fastapi import FastAPI

from labels import label

app = FastAPI()


@app.get("/reviews")
async def reviews() -> list[int]:
    return [await label(text) for text in ("good", "bad", "late", "broken")]
