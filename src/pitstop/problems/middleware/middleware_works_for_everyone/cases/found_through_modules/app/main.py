from fastapi import FastAPI

from app.middleware import Visits

app = FastAPI()
app.add_middleware(Visits)


@app.get("/healthz")
async def health() -> str:
    return "ok"
