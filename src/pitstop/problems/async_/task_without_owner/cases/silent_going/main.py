import asyncio
from typing import Annotated

from fastapi import Depends, FastAPI

app = FastAPI()


class Line:
    async def close(self) -> None:
        await asyncio.sleep(0)

    def __del__(self) -> None:
        asyncio.get_running_loop().create_task(self.close())


@app.get("/lines")
async def lines(line: Annotated[Line, Depends()]) -> str:
    return repr(line)
