import io
from pathlib import Path

from fastapi import FastAPI, Response
from fastapi.responses import FileResponse, HTMLResponse, StreamingResponse

app = FastAPI()
FOLDER = Path("/srv/reports")

@app.get("/")
def index() -> HTMLResponse:
    with open("index.html") as file:
        return HTMLResponse(file.read())
