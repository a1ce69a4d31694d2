import subprocess
from typing import Annotated

from fastapi import Depends, FastAPI

app = FastAPI()


class Build:
    @property
    def commit(self) -> str:
        return subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True, check=True).stdout


@app.get("/version")
async def version(build: Annotated[Build, Depends()]) -> str:
    return build.commit
