import asyncio

from fastapi import Depends, FastAPI

app = FastAPI()


async def number() -> int:
    await asyncio.sleep(0)
    return 1


async def found() -> int:
    loop = asyncio.new_event_loop()
    return loop.run_until_complete(number())


@app.get("/number")
async def show(known: int = Depends(found)) -> int:
    return known
