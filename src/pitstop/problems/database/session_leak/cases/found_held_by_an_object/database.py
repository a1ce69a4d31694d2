from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine


class Database:
    def __init__(self) -> None:
        self.engine = create_async_engine("postgresql+asyncpg://db/rooms")
        self.session: AsyncSession = AsyncSession(bind=self.engine)


database: Database = Database()
