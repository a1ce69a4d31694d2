from fastapi import FastAPI
from fastapi.encoders import jsonable_encoder
from fastapi.responses import JSONResponse
from pydantic import BaseModel

app = FastAPI()


class Item(BaseModel):
    name: str


@app.get("/item", response_model=Item)
def item():
    return Item(name="nut").model_dump()


@app.get("/status")
def status():
    return JSONResponse(jsonable_encoder({"ok": True, "item": Item(name="nut")}))
