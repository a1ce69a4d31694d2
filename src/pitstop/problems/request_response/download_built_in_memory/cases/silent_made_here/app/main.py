import io
from pathlib import Path

from fastapi import FastAPI, Response
from fastapi.responses import FileResponse, HTMLResponse, StreamingResponse

app = FastAPI()
FOLDER = Path("/srv/reports")

@app.get("/empty.zip")
def send() -> Response:
    out = io.BytesIO()
    out.write(b"PK")
    return Response(out.getvalue(), media_type="application/zip")
