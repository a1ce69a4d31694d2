from fastapi import Depends, FastAPI
from pydantic import BaseModel

app = FastAPI()


def page(limit: int = 10):
    class Page(BaseModel):
        limit: int

    return Page(limit=limit)


@app.get("/names")
def names(page=Depends(page)) -> int:
    return page.limit
