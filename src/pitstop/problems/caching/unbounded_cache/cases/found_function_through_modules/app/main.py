from fastapi import Depends, FastAPI

from app.quotes import Quotes

app = FastAPI()


@app.get("/quotes")
def quote(q: str, quotes: Quotes = Depends(Quotes)) -> int:
    return quotes.quote(q, times=2)
