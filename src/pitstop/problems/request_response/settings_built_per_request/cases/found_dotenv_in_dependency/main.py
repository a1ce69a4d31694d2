import os

from dotenv import load_dotenv
from fastapi import Depends, FastAPI

app = FastAPI()


def api_key() -> str:
    load_dotenv()
    return os.environ["API_KEY"]


@app.get("/key")
def key(key: str = Depends(api_key)) -> int:
    return len(key)
