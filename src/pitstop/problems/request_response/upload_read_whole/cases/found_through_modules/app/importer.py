from fastapi import UploadFile


class Importer:
    async def take(self, file: UploadFile) -> int:
        content = await file.read()
        return content.count(b"\n")
