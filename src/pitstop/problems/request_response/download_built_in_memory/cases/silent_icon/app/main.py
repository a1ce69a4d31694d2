import io
from pathlib import Path

from fastapi import FastAPI, Response
from fastapi.responses import FileResponse, HTMLResponse, StreamingResponse

app = FastAPI()
FOLDER = Path("/srv/reports")

ICON = "/srv/icon.png"


@app.get("/icon.png")
def icon() -> Response:
    with open(ICON, "rb") as file:
        return Response(file.read(), media_type="image/png")
