import io

from fastapi import FastAPI, UploadFile
from PIL import Image

app = FastAPI()


@app.post("/pictures")
def picture(file: UploadFile) -> int:
    opened = Image.open(file.file)
    opened.thumbnail((100, 100))
    out = io.BytesIO()
    opened.save(out, "PNG")
    return len(out.getvalue())
