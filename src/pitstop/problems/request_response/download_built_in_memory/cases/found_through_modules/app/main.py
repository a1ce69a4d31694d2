from typing import Annotated

from fastapi import Depends, FastAPI, Response

from app.files import Files

app = FastAPI()


@app.get("/reports/{name}")
def report(name: str, files: Annotated[Files, Depends()]) -> Response:
    return files.send(name)
