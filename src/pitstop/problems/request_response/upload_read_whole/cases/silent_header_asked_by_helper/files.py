from fastapi import UploadFile


async def keep(file: UploadFile) -> int:
    return len(await file.read())
