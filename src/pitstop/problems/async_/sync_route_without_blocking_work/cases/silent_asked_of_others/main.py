from fastapi import APIRouter, FastAPI
from pydantic import BaseModel

app = FastAPI()
callbacks = APIRouter()


class Done(BaseModel):
    id: int


@callbacks.post("{$request.body.callback_url}")
def told(body: Done) -> Done:
    return body


@app.post("/tasks", callbacks=callbacks.routes)
async def start(callback_url: str) -> Done:
    return Done(id=len(callback_url))
