import os

from fastapi import FastAPI

DEBUG = os.environ.get("DEBUG") == "1"
app = FastAPI(debug=DEBUG)

if os.environ.get("DEBUG"):
    app.debug = True


def create_app(local: bool) -> FastAPI:
    if local:
        made = FastAPI(debug=True)
    else:
        made = FastAPI()
    return made
