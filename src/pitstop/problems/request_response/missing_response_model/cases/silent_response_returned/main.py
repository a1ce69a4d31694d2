from fastapi import FastAPI
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel

app = FastAPI()


class Point(BaseModel):
    x: int


def some() -> list[Point]:
    return [Point(x=1)]


@app.get("/points")
async def points():
    return JSONResponse([point.model_dump() for point in some()])


@app.get("/csv")
def csv():
    return Response("x", media_type="text/csv")
