import os

from fastapi import FastAPI

app = FastAPI()

if os.environ.get("LEGACY"):

    @app.get("/version")
    def old_version() -> int:
        return 1

else:

    @app.get("/version")
    def version() -> int:
        return 2
