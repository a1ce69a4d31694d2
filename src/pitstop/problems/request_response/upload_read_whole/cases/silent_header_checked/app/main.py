from fastapi import Depends, FastAPI, File, HTTPException, Request, UploadFile

app = FastAPI()

async def not_too_long(request: Request) -> None:
    if int(request.headers.get("Content-Length", 0)) > 1_000_000:
        raise HTTPException(413)


@app.post("/upload", dependencies=[Depends(not_too_long)])
async def upload(file: UploadFile) -> int:
    return len(await file.read())
