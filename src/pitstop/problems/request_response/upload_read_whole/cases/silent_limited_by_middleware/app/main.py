from fastapi import Depends, FastAPI, File, HTTPException, Request, UploadFile

app = FastAPI()

@app.middleware("http")
async def limit(request: Request, call_next):
    if int(request.headers.get("content-length", 0)) > 1_000_000:
        raise HTTPException(413)
    return await call_next(request)


@app.post("/upload")
async def upload(file: UploadFile) -> int:
    return len(await file.read())
