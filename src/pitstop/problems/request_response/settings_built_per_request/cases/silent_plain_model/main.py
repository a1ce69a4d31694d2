from fastapi import FastAPI
from pydantic import BaseModel


class UserSettings(BaseModel):
    theme: str = "light"


app = FastAPI()


@app.get("/theme")
def theme() -> UserSettings:
    return UserSettings()
