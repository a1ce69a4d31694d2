from fastapi import FastAPI
from fastapi.encoders import jsonable_encoder
from fastapi.responses import JSONResponse
from pydantic import BaseModel

app = FastAPI()


class Item(BaseModel):
    name: str


class Page(BaseModel):
    items: list[Item]


@app.get("/page")
def page():
    page = Page(items=[Item(name="nut")])
    content = jsonable_encoder(page)
    return JSONResponse(status_code=200, content=content)
