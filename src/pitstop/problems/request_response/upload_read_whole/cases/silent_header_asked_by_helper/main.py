from files import keep
from fastapi import FastAPI, HTTPException, Request, UploadFile
from limits import body_size

app = FastAPI()


@app.post("/upload")
async def upload(request: Request, file: UploadFile) -> int:
    if body_size(request) > 1_000_000:
        raise HTTPException(413)
    return await keep(file)
