import json
import urllib.request

from fastapi import Depends, FastAPI

app = FastAPI()


def keys() -> dict[str, str]:
    with urllib.request.urlopen("https://keys.example/all") as answer:
        return json.load(answer)


@app.get("/me")
def me(known: dict[str, str] = Depends(keys)) -> int:
    return len(known)
