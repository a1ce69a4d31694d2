import io
import zipfile

from fastapi import FastAPI
from fastapi.responses import Response

app = FastAPI()


@app.get("/bundle")
async def bundle() -> Response:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        for name in ("one", "two"):
            archive.writestr(f"{name}.txt", name)
    return Response(held.getvalue(), media_type="application/zip")
