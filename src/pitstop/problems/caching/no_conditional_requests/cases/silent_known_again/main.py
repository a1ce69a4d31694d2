import tempfile
from pathlib import Path

from fastapi import FastAPI
from fastapi.responses import FileResponse, JSONResponse

app = FastAPI()
ROWS = [f"Row number {number} of the table" for number in range(2_000)]
PATH = Path(tempfile.mkdtemp()) / "rows.txt"
PATH.write_text("\n".join(ROWS))


@app.get("/file", response_class=FileResponse)
async def file() -> FileResponse:
    return FileResponse(PATH)


@app.get("/kept", response_model=None)
async def kept() -> JSONResponse:
    return JSONResponse(ROWS, headers={"cache-control": "max-age=60"})


@app.get("/secret", response_model=None)
async def secret() -> JSONResponse:
    return JSONResponse(ROWS, headers={"cache-control": "no-store"})
