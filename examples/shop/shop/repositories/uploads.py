from sqlalchemy import select

from shop.models import Attachment
from shop.repositories.base import Repository


class AttachmentRepository(Repository[Attachment]):
    model = Attachment

    async def of_owner(self, owner_id: int, limit: int) -> list[Attachment]:
        query = (
            select(Attachment)
            .where(Attachment.owner_id == owner_id)
            .order_by(Attachment.id.desc())
            .limit(limit)
        )
        return list(await self.session.scalars(query))
