from fastapi import Depends, FastAPI

from app.service import Documents

app = FastAPI()


@app.post("/documents")
async def add(texts: list[str], documents: Documents = Depends(Documents)) -> int:
    return await documents.add(texts)
