import time
from typing import Annotated

import requests
from fastapi import Depends, FastAPI

app = FastAPI()


def key() -> str:
    time.sleep(0.1)
    return "k"


@app.get("/callback")
def callback(token: Annotated[str, Depends(key)]) -> dict[str, str]:
    answer = requests.post("https://login.example/token", json={"token": token}, timeout=5)
    return answer.json()
