from fastapi import Depends, FastAPI, File, HTTPException, Request, UploadFile

app = FastAPI()

@app.post("/upload")
async def upload(file: UploadFile) -> int:
    size = 0
    while chunk := await file.read(65536):
        size += len(chunk)
    return size
