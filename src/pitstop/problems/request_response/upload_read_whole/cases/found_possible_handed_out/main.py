from fastapi import FastAPI, UploadFile
from safeuploads import FileValidator

app = FastAPI()
validator = FileValidator()


@app.post("/archives")
async def archive(file: UploadFile) -> int:
    await validator.validate(file)
    return len(await file.read())
