import httpx
from fastapi import FastAPI
from fastapi_utils.tasks import repeat_every

app = FastAPI()
rates: dict[str, float] = {}


@app.on_event("startup")
@repeat_every(seconds=3600)
async def report() -> None:
    rates.clear()
