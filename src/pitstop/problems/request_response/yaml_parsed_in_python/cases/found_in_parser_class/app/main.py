from fastapi import Depends, FastAPI

from .parser import Parser

app = FastAPI()


@app.post("/workflows")
def workflow(text: str, parser: Parser = Depends(Parser)) -> dict:
    return parser.parse(text)
