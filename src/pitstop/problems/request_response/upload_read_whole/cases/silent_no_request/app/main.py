from fastapi import Depends, FastAPI, File, HTTPException, Request, UploadFile

app = FastAPI()

async def load(file: UploadFile) -> int:
    return len(await file.read())
