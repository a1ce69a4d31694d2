from typing import Annotated

from fastapi import Depends, FastAPI
from sqlalchemy.ext.asyncio import AsyncSession

from app.members import member_by_id
from app.models import Member, get_session
from app.security import active

app = FastAPI()


@app.get("/me")
async def me(
    member: Annotated[Member, Depends(active)], session: Annotated[AsyncSession, Depends(get_session)]
) -> str:
    row = await member_by_id(session, member.id)
    return row.email
