from fastapi import FastAPI

from app.middleware import Visits

app = FastAPI()
app.add_middleware(Visits)


@app.get("/orders")
async def health() -> str:
    return "ok"
