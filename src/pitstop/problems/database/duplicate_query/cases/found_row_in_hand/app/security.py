from typing import Annotated

from fastapi import Depends, Header, HTTPException
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.models import Member, get_session


async def signed_in(
    session: Annotated[AsyncSession, Depends(get_session)], x_email: Annotated[str, Header()]
) -> Member:
    member = (await session.execute(select(Member).where(Member.email == x_email))).scalars().first()
    if member is None:
        raise HTTPException(401)
    return member


async def active(member: Annotated[Member, Depends(signed_in)]) -> Member:
    return member
