import time

from fastapi import Depends, FastAPI

app = FastAPI()


async def slowly() -> None:
    time.sleep(0.2)


@app.get("/", dependencies=[Depends(slowly)])
async def root() -> str:
    return "ok"
