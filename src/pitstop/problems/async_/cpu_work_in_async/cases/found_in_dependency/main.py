import io
import zipfile

from pypdf import PdfReader
from fastapi import Depends, FastAPI, UploadFile

app = FastAPI()


async def pages(file: UploadFile) -> int:
    return len(PdfReader(io.BytesIO(await file.read())).pages)


@app.post("/pages")
async def count(found: int = Depends(pages)) -> int:
    return found


class Archive:
    def __init__(self, texts: list[str]) -> None:
        self.texts = texts

    def packed(self) -> bytes:
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            for number, text in enumerate(self.texts):
                archive.writestr(f"{number}.txt", text)
        return out.getvalue()


@app.post("/archive")
async def archive(texts: list[str]) -> int:
    return len(Archive(texts).packed())
