import io
from pathlib import Path

from fastapi import FastAPI, Response
from fastapi.responses import FileResponse, HTMLResponse, StreamingResponse

app = FastAPI()
FOLDER = Path("/srv/reports")

@app.get("/a/{name}")
def a(name: str) -> StreamingResponse:
    with open(FOLDER / name, mode="rb") as file:
        return StreamingResponse(io.BytesIO(file.read()), media_type="application/zip")


@app.get("/b/{name}")
def b(name: str) -> Response:
    return Response(content=Path("/srv/reports", name).read_bytes())
