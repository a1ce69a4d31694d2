import asyncio
import hashlib
import uuid
from pathlib import Path
from typing import Annotated

from fastapi import Depends
from fastapi.concurrency import run_in_threadpool

from shop import storage
from shop.dependencies import SettingsDep
from shop.errors import NotFound, TooLarge
from shop.models import Attachment, User
from shop.repositories.catalog import ProductRepository
from shop.repositories.uploads import AttachmentRepository


class UploadService:
    def __init__(
        self,
        attachments: Annotated[AttachmentRepository, Depends()],
        products: Annotated[ProductRepository, Depends()],
        settings: SettingsDep,
    ) -> None:
        self.attachments = attachments
        self.products = products
        self.settings = settings
        self.session = attachments.session

    def check_size(self, data: bytes) -> None:
        if len(data) > self.settings.max_upload_bytes:
            raise TooLarge(f"At most {self.settings.max_upload_bytes} bytes")

    async def check_product(self, product_id: int | None) -> None:
        if product_id is not None and await self.products.get(product_id) is None:
            raise NotFound("No such product")

    async def register(
        self,
        user: User,
        filename: str,
        content_type: str,
        stored: Path,
        size: int,
        sha256: str,
        product_id: int | None,
    ) -> Attachment:
        attachment = self.attachments.add(
            Attachment(
                owner_id=user.id,
                product_id=product_id,
                filename=filename,
                stored_name=stored.name,
                content_type=content_type,
                size=size,
                sha256=sha256,
            )
        )
        await self.session.commit()
        return attachment

    async def set_avatar(self, user: User, data: bytes) -> User:
        self.check_size(data)
        name = f"avatar-{user.id}-{hashlib.sha256(data).hexdigest()[:12]}"
        await run_in_threadpool(storage.save, self.settings.upload_dir / name, data)
        user.avatar = name
        await self.session.commit()
        return user

    async def get(self, attachment_id: int, user: User) -> Attachment:
        attachment = await self.attachments.get(attachment_id)
        if attachment is None or (attachment.owner_id != user.id and not user.is_admin):
            raise NotFound("No such attachment")
        return attachment

    async def file(self, attachment_id: int, user: User) -> tuple[Attachment, Path]:
        attachment = await self.get(attachment_id, user)
        path = self.path(attachment)
        if not await asyncio.to_thread(path.is_file):
            raise NotFound("The file is gone")
        return attachment, path

    async def remove(self, attachment_id: int, user: User) -> None:
        attachment = await self.get(attachment_id, user)
        await asyncio.to_thread(storage.remove, self.path(attachment))
        await self.session.delete(attachment)
        await self.session.commit()

    def path(self, attachment: Attachment) -> Path:
        return self.settings.upload_dir / attachment.stored_name

    def new_path(self, filename: str) -> Path:
        return self.settings.upload_dir / f"{uuid.uuid4().hex}{Path(filename).suffix[:8]}"
