import io
from pathlib import Path

from fastapi import FastAPI, Response
from fastapi.responses import FileResponse, HTMLResponse, StreamingResponse

app = FastAPI()
FOLDER = Path("/srv/reports")

@app.get("/{name}")
def send(name: str) -> StreamingResponse:
    return StreamingResponse(open(FOLDER / name, "rb"))
