from fastapi import Depends, FastAPI, File, HTTPException, Request, UploadFile

app = FastAPI()

@app.post("/upload")
async def upload(file: UploadFile) -> int:
    if file.size is None or file.size > 1_000_000:
        raise HTTPException(413)
    return len(await file.read())
