from apscheduler.schedulers.asyncio import AsyncIOScheduler
from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from app.models import Token

scheduler = AsyncIOScheduler()


async def purge(session: AsyncSession) -> None:
    await session.execute(delete(Token))


def start() -> None:
    scheduler.add_job(purge, "interval", minutes=5)
    scheduler.start()
