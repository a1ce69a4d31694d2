from fastapi import FastAPI
from fastapi.templating import Jinja2Templates
from pydantic import TypeAdapter, create_model

app = FastAPI()
NUMBERS = TypeAdapter(list[int])
Point = create_model("Point", x=(int, 0), y=(int, 0))
templates = Jinja2Templates(directory="templates")


@app.get("/sum")
def total(text: str) -> int:
    return sum(NUMBERS.validate_json(text)) + Point().x
