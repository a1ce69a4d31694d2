import io

from fastapi import FastAPI, Response, UploadFile

app = FastAPI()


@app.post("/uploads/{name}")
async def upload(name: str, file: UploadFile) -> None:
    with open(f"/srv/uploads/{name}", "wb") as target:
        target.write(await file.read())


@app.post("/uploads/{name}/inner")
def inner(name: str, file: UploadFile) -> None:
    with open(f"/srv/uploads/{name}", "wb") as target:
        target.write(file.file.read())


@app.get("/exports/{name}")
def download(name: str) -> Response:
    with open(f"/srv/exports/{name}", "rb") as file:
        return Response(file.read())


@app.post("/drawings/{name}")
def drawing(name: str) -> None:
    buffer = io.BytesIO()
    draw(buffer)
    with open(f"/srv/uploads/{name}", "wb") as target:
        target.write(buffer.read())


def draw(buffer: io.BytesIO) -> None:
    buffer.write(b"..")
