"""Who is asking, and what they may do."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import Cookie, Depends, Header, HTTPException, Request
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from forum.models import Login, User

LASTS = timedelta(days=7)
RANKS = {"member": 0, "moderator": 1, "admin": 2}


def utc_now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)


async def database(request: Request):
    async with request.app.state.sessions() as session:
        yield session


Database = Annotated[AsyncSession, Depends(database)]


def hashed(password: str, salt: str) -> str:
    return salt + "$" + hashlib.pbkdf2_hmac("sha256", password.encode(), salt.encode(), 50).hex()


def fits(password: str, stored: str) -> bool:
    salt, _, _ = stored.partition("$")
    return hmac.compare_digest(hashed(password, salt), stored)


def new_salt() -> str:
    return secrets.token_hex(4)


async def log_in(db: AsyncSession, user: User) -> Login:
    login = Login(
        token=secrets.token_hex(12),
        user_id=user.id,
        csrf=secrets.token_hex(6),
        expires_at=utc_now() + LASTS,
    )
    db.add(login)
    return login


async def optional_login(db: Database, session: Annotated[str | None, Cookie()] = None) -> Login | None:
    if session is None:
        return None
    query = select(Login).where(Login.token == session).options(selectinload(Login.user))
    login = await db.scalar(query)
    if login is None or login.expires_at <= utc_now():
        return None
    return login


async def required_login(login: Annotated[Login | None, Depends(optional_login)]) -> Login:
    if login is None:
        raise HTTPException(401, {"error": "log in first"}, headers={"WWW-Authenticate": "Session"})
    return login


def viewer_of(login: Annotated[Login | None, Depends(optional_login)]) -> User | None:
    return login.user if login else None


async def writer(
    login: Annotated[Login, Depends(required_login)], x_csrf: Annotated[str, Header()] = ""
) -> User:
    if x_csrf != login.csrf:
        raise HTTPException(403, {"error": "wrong token"})
    user = login.user
    if user.banned_until is not None and user.banned_until > utc_now():
        raise HTTPException(403, {"error": "banned", "until": user.banned_until.isoformat()})
    return user


Viewer = Annotated[User | None, Depends(viewer_of)]
Writer = Annotated[User, Depends(writer)]


def may_moderate(user: User) -> bool:
    return RANKS[user.role] >= RANKS["moderator"]


def require(user: User, role: str) -> None:
    if RANKS[user.role] < RANKS[role]:
        raise HTTPException(403, {"error": "not allowed", "needs": role})
