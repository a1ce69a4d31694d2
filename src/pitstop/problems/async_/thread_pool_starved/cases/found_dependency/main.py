from typing import Annotated

from anyio.to_thread import current_default_thread_limiter
from fastapi import Depends, FastAPI

from tenants import tenant

app = FastAPI()


@app.get("/few")
async def few() -> None:
    current_default_thread_limiter().total_tokens = 6


@app.get("/orders")
async def orders(owner: Annotated[str, Depends(tenant)]) -> str:
    return owner


@app.get("/small")
def small() -> int:
    return 1
