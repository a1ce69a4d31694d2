import hashlib
import os
from typing import Annotated

from fastapi import APIRouter, Depends, UploadFile
from fastapi.responses import FileResponse

from shop import storage
from shop.database import SyncSessionDep
from shop.dependencies import CurrentUser, SettingsDep
from shop.errors import NotFound
from shop.models import Attachment, User
from shop.schemas import AttachmentOut, Checksum, UserOut
from shop.services.uploads import UploadService

router = APIRouter(prefix="/uploads", tags=["uploads"])
Uploads = Annotated[UploadService, Depends()]


@router.get("", response_model=list[AttachmentOut])
async def my_uploads(user: CurrentUser, uploads: Uploads) -> list[Attachment]:
    return await uploads.attachments.of_owner(user.id, limit=100)


@router.post("", response_model=AttachmentOut, status_code=201)
async def upload(
    file: UploadFile, user: CurrentUser, uploads: Uploads, product_id: int | None = None
) -> Attachment:
    data = await file.read()
    uploads.check_size(data)
    await uploads.check_product(product_id)
    filename = file.filename or "unnamed"
    path = uploads.new_path(filename)
    with open(path, "wb") as target:
        target.write(data)
        target.flush()
        os.fsync(target.fileno())
    return await uploads.register(
        user,
        filename,
        file.content_type or "application/octet-stream",
        path,
        len(data),
        hashlib.sha256(data).hexdigest(),
        product_id,
    )


@router.put("/avatar", response_model=UserOut)
async def set_avatar(file: UploadFile, user: CurrentUser, uploads: Uploads) -> User:
    return await uploads.set_avatar(user, await file.read())


@router.get("/{attachment_id}")
async def download(attachment_id: int, user: CurrentUser, uploads: Uploads) -> FileResponse:
    attachment, path = await uploads.file(attachment_id, user)
    return FileResponse(path, media_type=attachment.content_type, filename=attachment.filename)


@router.get("/{attachment_id}/checksum")
def checksum(
    attachment_id: int, user: CurrentUser, session: SyncSessionDep, settings: SettingsDep
) -> Checksum:
    attachment = session.get(Attachment, attachment_id)
    if attachment is None or attachment.owner_id != user.id:
        raise NotFound("No such attachment")
    actual = storage.digest(settings.upload_dir / attachment.stored_name)
    return Checksum(id=attachment.id, sha256=actual, intact=actual == attachment.sha256)


@router.delete("/{attachment_id}", status_code=204)
async def remove(attachment_id: int, user: CurrentUser, uploads: Uploads) -> None:
    await uploads.remove(attachment_id, user)
