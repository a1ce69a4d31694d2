import io
from pathlib import Path

from fastapi import FastAPI, Response
from fastapi.responses import FileResponse, HTMLResponse, StreamingResponse

app = FastAPI()
FOLDER = Path("/srv/reports")

@app.get("/{name}")
def head(name: str) -> Response:
    with open(FOLDER / name, "rb") as file:
        return Response(file.read(4096))
