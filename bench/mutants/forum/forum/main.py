"""A forum with people who log in by a cookie."""

from __future__ import annotations

import asyncio
import base64
import json
import os
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import Cookie, FastAPI, Header, HTTPException, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from sqlalchemy import Integer, and_, case, func, or_, select, type_coerce, update
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import joinedload

from forum.models import Base, Login, Notice, Post, Thread, User, Vote
from forum.security import (
    LASTS,
    Database,
    Viewer,
    Writer,
    fits,
    hashed,
    log_in,
    may_moderate,
    new_salt,
    require,
    utc_now,
)

BOARDS = ("general", "help", "staff")
FLOOD = 5


@asynccontextmanager
async def lifespan(app: FastAPI):
    engine = create_async_engine(os.environ.get("FORUM_DATABASE_URL", "sqlite+aiosqlite://"))
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    app.state.sessions = async_sessionmaker(engine, expire_on_commit=False)
    app.state.posted = {}
    app.state.online = []
    yield
    await engine.dispose()


app = FastAPI(title="Forum", lifespan=lifespan)


@app.exception_handler(RequestValidationError)
async def invalid(request: Request, error: RequestValidationError) -> JSONResponse:
    places = [".".join(str(part) for part in each["loc"]) for each in error.errors()]
    return JSONResponse({"error": "invalid", "places": places}, status_code=422)


@app.middleware("http")
async def frame(request: Request, call_next):
    response = await call_next(request)
    response.headers["X-Frame-Options"] = "DENY"
    if request.url.path.startswith("/threads"):
        response.headers["Vary"] = "Cookie"
    return response


class Registration(BaseModel):
    name: str = Field(min_length=2, max_length=20)
    email: str
    password: str = Field(min_length=8)


class Credentials(BaseModel):
    name: str
    password: str
    remember: bool = False


class NewThread(BaseModel):
    board: str
    title: str = Field(min_length=1, max_length=80)
    text: str


class ThreadPatch(BaseModel):
    title: str | None = None
    pinned: bool | None = None
    locked: bool | None = None


class NewPost(BaseModel):
    text: str = Field(min_length=1)
    quotes: int | None = None


class Ban(BaseModel):
    hours: int = Field(ge=1)


def encoded(thread: Thread) -> str:
    mark = [thread.pinned, thread.created_at.isoformat(), thread.id]
    return base64.urlsafe_b64encode(json.dumps(mark).encode()).decode()


def decoded(cursor: str) -> tuple[bool, datetime, int]:
    try:
        pinned, created, number = json.loads(base64.urlsafe_b64decode(cursor))
        return pinned, datetime.fromisoformat(created), number
    except ValueError:
        raise HTTPException(400, {"error": "bad cursor"}) from None


def summary(thread: Thread, posts: int) -> dict[str, object]:
    return {
        "id": thread.id,
        "board": thread.board,
        "title": thread.title,
        "author": thread.author.name,
        "pinned": thread.pinned,
        "posts": posts,
        "created_at": thread.created_at.isoformat(timespec="seconds"),
    }


def profile(user: User, viewer: User | None) -> dict[str, object]:
    shown = {
        "id": user.id,
        "name": user.name,
        "role": user.role,
        "bio": user.bio,
        "joined_at": user.joined_at.date(),
        "seen_at": user.seen_at,
    }
    if viewer is not None and (viewer.id == user.id or viewer.role == "admin"):
        shown["email"] = user.email
    return shown


# --- people ---


@app.post("/register", status_code=201)
async def register(wanted: Registration, db: Database, response: Response) -> dict[str, object]:
    name = wanted.name.strip()
    taken = await db.scalar(
        select(func.count()).select_from(User).where(func.lower(User.name) == name.lower())
    )
    if taken:
        raise HTTPException(409, {"error": "name taken", "name": name})
    first = not await db.scalar(select(func.count(User.id)))
    user = User(
        name=name,
        email=wanted.email,
        password=hashed(wanted.password, new_salt()),
        role="admin" if first else "member",
        joined_at=utc_now(),
    )
    db.add(user)
    await db.flush()
    db.add(Notice(user_id=user.id, text=f"Welcome, {user.name}"))
    await db.commit()
    response.headers["Location"] = f"/users/{user.id}"
    return profile(user, user)


@app.post("/login")
async def login(wanted: Credentials, db: Database, response: Response) -> dict[str, object]:
    user = await db.scalar(select(User).where(User.name == wanted.name))
    if user is None or not fits(wanted.password, user.password):
        raise HTTPException(401, {"error": "wrong name or password"})
    made = await log_in(db, user)
    user.seen_at = utc_now()
    await db.commit()
    lasts = int(LASTS.total_seconds()) if wanted.remember else None
    response.set_cookie("session", made.token, max_age=lasts, httponly=True, samesite="lax")
    response.set_cookie("csrf", made.csrf, samesite="strict")
    return {"csrf": made.csrf, "user": profile(user, user)}


@app.post("/logout", status_code=204)
async def logout(db: Database, response: Response, session: Annotated[str | None, Cookie()] = None) -> None:
    if session:
        found = await db.get(Login, session)
        if found is not None:
            await db.delete(found)
            await db.commit()
    response.delete_cookie("session", httponly=True)
    response.delete_cookie("csrf")


@app.get("/me")
async def me(viewer: Viewer, db: Database) -> dict[str, object]:
    if viewer is None:
        return {"user": None, "notices": []}
    notices = await db.scalars(select(Notice).where(Notice.user_id == viewer.id).order_by(Notice.id.desc()))
    return {"user": profile(viewer, viewer), "notices": [each.text for each in notices]}


@app.get("/users/{user_id}")
async def user(user_id: int, viewer: Viewer, db: Database) -> dict[str, object]:
    found = await db.get(User, user_id)
    if found is None:
        raise HTTPException(404, {"error": "no such user", "id": user_id})
    return profile(found, viewer)


@app.put("/users/me/bio")
async def change_bio(
    writer: Writer, db: Database, text: Annotated[str | None, Query()] = None
) -> dict[str, object]:
    writer.bio = text or None
    await db.commit()
    return profile(writer, writer)


@app.post("/users/{user_id}/ban")
async def ban(user_id: int, wanted: Ban, writer: Writer, db: Database) -> dict[str, object]:
    require(writer, "admin")
    found = await db.get(User, user_id)
    if found is None:
        raise HTTPException(404, {"error": "no such user", "id": user_id})
    until = utc_now() + timedelta(hours=wanted.hours)
    found.banned_until = max(until, found.banned_until) if found.banned_until else until
    await db.execute(update(Thread).where(Thread.author_id == found.id).values(pinned=False))
    await db.commit()
    return {"name": found.name, "until": found.banned_until}


@app.post("/users/{user_id}/role")
async def change_role(user_id: int, role: str, writer: Writer, db: Database) -> dict[str, object]:
    require(writer, "admin")
    found = await db.get(User, user_id)
    if found is None or role not in ("member", "moderator"):
        raise HTTPException(422, {"error": "no such user or role"})
    if found.role == "admin":
        raise HTTPException(409, {"error": "an admin stays one"})
    found.role = role
    db.add(Notice(user_id=found.id, text=f"You are a {role} now"))
    await db.commit()
    return profile(found, writer)


@app.put("/theme", status_code=204)
async def theme(name: str, response: Response, theme: Annotated[str, Cookie()] = "light") -> None:
    if name != theme:
        response.set_cookie("theme", name, max_age=86_400, path="/")


# --- threads ---


@app.get("/threads")
async def threads(
    db: Database,
    viewer: Viewer,
    board: str | None = None,
    cursor: str | None = None,
    limit: Annotated[int, Query(ge=1, le=10)] = 3,
) -> dict[str, object]:
    counts = select(Post.thread_id, func.count().label("posts")).group_by(Post.thread_id).subquery()
    query = (
        select(Thread, func.coalesce(counts.c.posts, 0))
        .outerjoin(counts, counts.c.thread_id == Thread.id)
        .options(joinedload(Thread.author))
        .order_by(Thread.pinned.desc(), Thread.created_at.desc(), Thread.id.desc())
    )
    if board is not None:
        query = query.where(Thread.board == board)
    if viewer is None or not may_moderate(viewer):
        query = query.where(Thread.board != "staff")
    if cursor:
        pinned, created, number = decoded(cursor)
        older = or_(Thread.created_at < created, and_(Thread.created_at == created, Thread.id < number))
        pin = type_coerce(Thread.pinned, Integer)
        query = query.where(or_(pin < int(pinned), and_(pin == int(pinned), older)))
    rows = (await db.execute(query.limit(limit + 1))).all()
    page = rows[:limit]
    return {
        "threads": [summary(thread, posts) for thread, posts in page],
        "cursor": encoded(page[-1][0]) if len(rows) > limit else None,
    }


@app.post("/threads", status_code=201)
async def new_thread(
    wanted: NewThread, writer: Writer, db: Database, response: Response
) -> dict[str, object]:
    if wanted.board not in BOARDS:
        raise HTTPException(422, {"error": "no such board", "boards": list(BOARDS)})
    if wanted.board == "staff":
        require(writer, "moderator")
    now = utc_now()
    thread = Thread(board=wanted.board, title=wanted.title, author=writer, created_at=now)
    db.add(thread)
    await db.flush()
    db.add(Post(thread_id=thread.id, author=writer, text=wanted.text, created_at=now))
    await db.commit()
    response.headers["Location"] = f"/threads/{thread.id}"
    return summary(thread, 1)


async def found_thread(db: Database, thread_id: int, viewer: User | None) -> Thread:
    thread = await db.scalar(select(Thread).where(Thread.id == thread_id).options(joinedload(Thread.author)))
    hidden = thread is not None and thread.board == "staff" and (viewer is None or not may_moderate(viewer))
    if thread is None or hidden:
        raise HTTPException(404, {"error": "no such thread"})
    return thread


@app.get("/threads/{thread_id}")
async def thread(
    thread_id: int,
    viewer: Viewer,
    db: Database,
    response: Response,
    if_none_match: Annotated[str | None, Header()] = None,
):
    found = await found_thread(db, thread_id, viewer)
    tag = f'"{found.id}-{found.version}"'
    if if_none_match == tag:
        return Response(status_code=304, headers={"ETag": tag})
    found.views += 1
    posts = await db.scalar(select(func.count()).where(Post.thread_id == found.id))
    await db.commit()
    response.headers["ETag"] = tag
    return {**summary(found, posts), "views": found.views, "locked": found.locked}


@app.patch("/threads/{thread_id}")
async def change_thread(
    thread_id: int, wanted: ThreadPatch, writer: Writer, db: Database
) -> dict[str, object]:
    found = await found_thread(db, thread_id, writer)
    if found.author_id != writer.id:
        require(writer, "moderator")
    changes = wanted.model_dump(exclude_none=True)
    if ("pinned" in changes or "locked" in changes) and not may_moderate(writer):
        raise HTTPException(403, {"error": "only moderators pin and lock"})
    for name, value in changes.items():
        setattr(found, name, value)
    if changes:
        found.version += 1
    if found.author_id != writer.id:
        db.add(Notice(user_id=found.author_id, text=f"{writer.name} changed {found.title}"))
    await db.commit()
    posts = await db.scalar(select(func.count()).where(Post.thread_id == found.id))
    return summary(found, posts)


@app.delete("/threads/{thread_id}", status_code=204)
async def drop_thread(thread_id: int, writer: Writer, db: Database) -> None:
    require(writer, "moderator")
    found = await found_thread(db, thread_id, writer)
    for post in await db.scalars(select(Post).where(Post.thread_id == found.id)):
        await db.delete(post)
    await db.delete(found)
    await db.commit()


# --- posts ---


@app.get("/threads/{thread_id}/posts")
async def posts(
    thread_id: int,
    viewer: Viewer,
    db: Database,
    response: Response,
    page: Annotated[int, Query(ge=1)] = 1,
    size: Annotated[int, Query(ge=1, le=50)] = 2,
) -> list[dict[str, object]]:
    found = await found_thread(db, thread_id, viewer)
    total = await db.scalar(select(func.count()).where(Post.thread_id == found.id))
    pages = max(1, -(-total // size))
    if page > pages:
        raise HTTPException(404, {"error": "no such page", "pages": pages})
    score = func.coalesce(func.sum(Vote.value), 0)
    query = (
        select(Post, score, func.sum(case((Vote.value > 0, 1), else_=0)))
        .outerjoin(Vote, Vote.post_id == Post.id)
        .where(Post.thread_id == found.id)
        .options(joinedload(Post.author))
        .group_by(Post.id)
        .order_by(Post.id)
        .limit(size)
        .offset((page - 1) * size)
    )
    response.headers["X-Pages"] = str(pages)
    links = []
    if page > 1:
        links.append(f'</threads/{found.id}/posts?page={page - 1}>; rel="prev"')
    if page < pages:
        links.append(f'</threads/{found.id}/posts?page={page + 1}>; rel="next"')
    if links:
        response.headers["Link"] = ", ".join(links)
    return [
        {
            "id": post.id,
            "author": post.author.name,
            "text": post.text,
            "quotes": post.quotes_id,
            "score": points,
            "likes": likes or 0,
            "edited_at": post.edited_at,
        }
        for post, points, likes in await db.execute(query)
    ]


@app.post("/threads/{thread_id}/posts", status_code=201)
async def new_post(
    thread_id: int, wanted: NewPost, writer: Writer, db: Database, request: Request
) -> dict[str, object]:
    found = await found_thread(db, thread_id, writer)
    if found.locked and not may_moderate(writer):
        raise HTTPException(423, {"error": "locked"})
    if wanted.quotes is not None:
        quoted = await db.get(Post, wanted.quotes)
        if quoted is None or quoted.thread_id != found.id:
            raise HTTPException(422, {"error": "no such post", "quotes": wanted.quotes})
    posted = request.app.state.posted
    count = posted.get(writer.id, 0)
    if count >= FLOOD and not may_moderate(writer):
        raise HTTPException(429, {"error": "slow down"}, headers={"Retry-After": "60"})
    posted[writer.id] = count + 1
    post = Post(
        thread_id=found.id, author=writer, text=wanted.text, quotes_id=wanted.quotes, created_at=utc_now()
    )
    db.add(post)
    if found.author_id != writer.id:
        db.add(Notice(user_id=found.author_id, text=f"{writer.name} answered in {found.title}"))
    await db.commit()
    return {"id": post.id, "left": max(0, FLOOD - count - 1)}


@app.put("/posts/{post_id}")
async def edit_post(post_id: int, wanted: NewPost, writer: Writer, db: Database) -> dict[str, object]:
    post = await db.get(Post, post_id)
    if post is None:
        raise HTTPException(404, {"error": "no such post"})
    if post.author_id != writer.id and not may_moderate(writer):
        raise HTTPException(403, {"error": "not yours"})
    if post.text != wanted.text:
        post.text = wanted.text
        post.edited_at = utc_now()
        await db.commit()
    return {"id": post.id, "text": post.text, "edited_at": post.edited_at}


@app.put("/posts/{post_id}/vote")
async def vote(
    post_id: int, value: Annotated[int, Query(ge=-1, le=1)], writer: Writer, db: Database
) -> dict[str, object]:
    post = await db.get(Post, post_id)
    if post is None:
        raise HTTPException(404, {"error": "no such post"})
    if post.author_id == writer.id:
        raise HTTPException(409, {"error": "this is your own"})
    own = await db.scalar(select(Vote).where(Vote.post_id == post_id, Vote.user_id == writer.id))
    if own is None:
        db.add(Vote(post_id=post_id, user_id=writer.id, value=value))
    elif value == 0:
        await db.delete(own)
    else:
        own.value = value
    await db.commit()
    values = (await db.scalars(select(Vote.value).where(Vote.post_id == post_id))).all()
    return {
        "score": sum(values),
        "approval": round(sum(each > 0 for each in values) / len(values), 3) if values else None,
    }


@app.get("/search")
async def search(q: str, viewer: Viewer, db: Database) -> list[dict[str, object]]:
    words = q.lower().split()
    if not words:
        raise HTTPException(400, {"error": "nothing to look for"})
    query = select(Post, Thread).join(Thread, Thread.id == Post.thread_id).where(Thread.board != "staff")
    hits = []
    for post, thread in (await db.execute(query.order_by(Post.id))).all():
        text = f"{thread.title} {post.text}".lower()
        points = sum(text.count(word) for word in words)
        if points:
            hits.append({"post": post.id, "title": thread.title, "points": points})
    hits.sort(key=lambda hit: (-hit["points"], hit["post"]))
    return hits[:4]


@app.get("/greeting")
async def greeting(name: str, language: str = "en") -> dict[str, str]:
    chosen = {"en": "Hello", "de": "Hallo", "fr": "Salut"}.get(language, "Hello")
    await asyncio.sleep(0.01)
    return {"text": f"{chosen}, {name}!"}


@app.get("/online")
async def online(request: Request, name: str) -> dict[str, object]:
    names = request.app.state.online
    if name not in names:
        names.append(name)
    del names[:-3]
    return {"names": sorted(names, key=str.casefold), "count": len(names)}
