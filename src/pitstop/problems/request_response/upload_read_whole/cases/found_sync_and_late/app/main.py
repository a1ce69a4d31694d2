from fastapi import Depends, FastAPI, File, HTTPException, Request, UploadFile

app = FastAPI()

@app.post("/sync")
def sync(file: UploadFile = File(...)) -> int:
    return len(file.file.read())


@app.post("/late")
async def late(file: UploadFile) -> int:
    content = await file.read()
    if len(content) > 1_000_000:
        raise HTTPException(413)
    return len(content)
