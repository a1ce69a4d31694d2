from typing import Annotated

from fastapi import Depends, FastAPI, UploadFile

from app.importer import Importer

app = FastAPI()


@app.post("/import")
async def upload(file: UploadFile, importer: Annotated[Importer, Depends()]) -> int:
    return await importer.take(file)
