from fastapi import Depends, FastAPI, UploadFile

from app.service import Profiles

app = FastAPI()


@app.put("/users/{user}/picture")
async def set_picture(user: int, file: UploadFile, profiles: Profiles = Depends()) -> int:
    return await profiles.set_picture(user, await file.read())
