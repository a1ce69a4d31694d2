"""An archive of files, expenses, meetings, and what people say meanwhile."""

from __future__ import annotations

import asyncio
import csv
import hashlib
import io
import json
import logging
import os
from collections import defaultdict
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Annotated

from fastapi import FastAPI, File, Form, Header, HTTPException, Query, Request, Response, UploadFile
from fastapi import WebSocket, WebSocketDisconnect
from fastapi.responses import FileResponse, StreamingResponse
from pydantic import BaseModel, Field

from archive import money, times

log = logging.getLogger("archive")
LARGEST = 4_096
PIECE = 16
PEOPLE = {"t-ann": "ann", "t-ben": "ben"}
TYPES = {b"\x89PNG": "image/png", b"%PDF": "application/pdf", b"GIF8": "image/gif"}


@asynccontextmanager
async def lifespan(app: FastAPI):
    app.state.folder = Path(os.environ["ARCHIVE_FOLDER"])
    app.state.owners = {}
    app.state.expenses = []
    app.state.meetings = {}
    app.state.events = []
    app.state.rooms = defaultdict(list)
    yield


app = FastAPI(title="Archive", lifespan=lifespan)


@app.exception_handler(ValueError)
async def wrong_value(request: Request, error: ValueError) -> Response:
    body = json.dumps({"error": "value", "message": str(error)})
    return Response(body, status_code=400, media_type="application/problem+json")


def happened(what: str, **details: object) -> None:
    events = app.state.events
    events.append({"id": len(events) + 1, "what": what, **details})


def journal(line: str) -> None:
    """A line in a file that nobody reads here."""
    with (app.state.folder / "journal.txt").open("a", encoding="utf-8") as file:
        file.write(line + "\n")


def person(token: str) -> str:
    if token not in PEOPLE:
        raise HTTPException(401, "who are you?")
    return PEOPLE[token]


# --- files ---


def kind_of(content: bytes, name: str) -> str:
    for start, kind in TYPES.items():
        if content.startswith(start):
            return kind
    return "text/csv" if name.lower().endswith(".csv") else "text/plain"


def path_of(name: str) -> Path:
    path = (app.state.folder / name).resolve()
    if path.parent != app.state.folder.resolve() or not path.is_file() or name == "journal.txt":
        raise HTTPException(404, {"error": "no such file", "name": name})
    return path


@app.post("/files", status_code=201)
async def upload(
    file: Annotated[UploadFile, File()],
    response: Response,
    title: Annotated[str, Form()] = "",
    x_token: Annotated[str, Header()] = "",
) -> dict[str, object]:
    owner = person(x_token)
    content = await file.read(LARGEST + 1)
    if len(content) > LARGEST:
        raise HTTPException(413, {"error": "too large", "most": LARGEST})
    name = Path(file.filename or "unnamed").name.replace(" ", "_")
    if name in app.state.owners:
        raise HTTPException(409, {"error": "there already", "owner": app.state.owners[name]})
    (app.state.folder / name).write_bytes(content)
    app.state.owners[name] = owner
    happened("upload", name=name)
    journal(f"{owner} put {name}")
    digest = hashlib.sha256(content).hexdigest()
    response.headers["Location"] = f"/files/{name}"
    response.headers["Digest"] = f"sha-256={digest[:16]}"
    return {"name": name, "title": title or None, "bytes": len(content), "type": kind_of(content, name)}


@app.get("/files")
async def files(prefix: str = "", page: Annotated[int, Query(ge=1)] = 1) -> dict[str, object]:
    names = sorted(name for name in app.state.owners if name.startswith(prefix))
    first = (page - 1) * 2
    return {"names": names[first : first + 2], "pages": (len(names) + 1) // 2}


@app.get("/files/{name}")
async def download(name: str, inline: bool = False) -> FileResponse:
    path = path_of(name)
    kind = kind_of(path.read_bytes()[:8], name)
    how = "inline" if inline else "attachment"
    return FileResponse(path, media_type=kind, filename=name, content_disposition_type=how)


@app.get("/files/{name}/lines")
async def lines(name: str, start: Annotated[int, Query(ge=1)] = 1) -> StreamingResponse:
    path = path_of(name)

    async def numbered():
        with path.open(encoding="utf-8") as file:
            for number, line in enumerate(file, 1):
                if number >= start:
                    yield f"{number}: {line.rstrip()}\n"

    return StreamingResponse(numbered(), media_type="text/plain", headers={"X-Start": str(start)})


@app.get("/files/{name}/pieces")
async def pieces(name: str) -> StreamingResponse:
    content = path_of(name).read_bytes()

    async def cut():
        for start in range(0, len(content), PIECE):
            yield content[start : start + PIECE]

    return StreamingResponse(cut(), media_type="application/octet-stream")


@app.post("/files/{name}/append")
async def append(
    name: str,
    request: Request,
    x_token: Annotated[str, Header()] = "",
    if_match: Annotated[str, Header()] = "",
) -> dict[str, object]:
    owner = person(x_token)
    path = path_of(name)
    if app.state.owners[name] != owner:
        raise HTTPException(403, {"error": "not yours"})
    tag = hashlib.md5(path.read_bytes()).hexdigest()[:8]
    if if_match and if_match != tag:
        raise HTTPException(412, {"error": "changed meanwhile", "tag": tag})
    added = 0
    with path.open("ab") as file:
        async for chunk in request.stream():
            file.write(chunk)
            added += len(chunk)
    if added == 0:
        log.error("nothing to append to %s", name)
    journal(f"{owner} added {added} to {name}")
    return {"bytes": path.stat().st_size, "tag": hashlib.md5(path.read_bytes()).hexdigest()[:8]}


@app.delete("/files/{name}", status_code=204)
async def drop(name: str, x_token: Annotated[str, Header()] = "") -> None:
    owner = person(x_token)
    path = path_of(name)
    if app.state.owners[name] != owner:
        raise HTTPException(403, {"error": "not yours"})
    path.unlink()
    del app.state.owners[name]
    happened("drop", name=name)


# --- expenses ---


class Expense(BaseModel):
    day: date
    what: str
    amount: Decimal
    currency: str = "EUR"
    percent: Decimal = Decimal(19)


def read_rows(text: str) -> tuple[list[Expense], list[dict[str, object]]]:
    good, bad = [], []
    for number, row in enumerate(csv.DictReader(io.StringIO(text), delimiter=";"), 2):
        try:
            amount = money.parsed(row["amount"])
            currency = (row.get("currency") or "EUR").upper()
            if currency not in money.RATES:
                raise ValueError(f"no rate of {currency}")
            good.append(Expense(day=row["day"], what=row["what"].strip(), amount=amount, currency=currency))
        except (ValueError, KeyError) as error:
            bad.append({"line": number, "error": str(error).splitlines()[0]})
    return good, bad


@app.post("/expenses/import")
async def import_expenses(file: UploadFile, strict: bool = False) -> dict[str, object]:
    text = (await file.read()).decode("utf-8-sig")
    good, bad = read_rows(text)
    if bad:
        log.error("%s rows of %s are bad", len(bad), file.filename)
        if strict:
            raise HTTPException(422, {"error": "bad rows", "rows": bad})
    app.state.expenses.extend(good)
    happened("import", count=len(good))
    return {
        "imported": len(good),
        "bad": bad,
        "quota": round(len(good) / (len(good) + len(bad)), 4) if good else 0.0,
    }


@app.get("/expenses")
async def expenses(
    since: date | None = None, until: date | None = None, largest_first: bool = False
) -> list[dict[str, object]]:
    found = [
        each
        for each in app.state.expenses
        if (since is None or each.day >= since) and (until is None or each.day <= until)
    ]
    if largest_first:
        found.sort(key=lambda each: -money.in_euro(each.amount, each.currency))
    else:
        found.sort(key=lambda each: (each.day, each.what))
    return [
        {
            "day": each.day,
            "what": each.what,
            "amount": money.rounded(each.amount, each.currency),
            "currency": each.currency,
            "euro": str(money.in_euro(each.amount, each.currency)),
        }
        for each in found
    ]


@app.get("/expenses/quarters")
async def quarters() -> dict[str, dict[str, str]]:
    sums = defaultdict(list)
    for each in app.state.expenses:
        sums[times.quarter(each.day)].append(each)
    return {
        name: {
            "euro": str(money.total(money.in_euro(each.amount, each.currency) for each in own)),
            "vat": str(
                money.total(
                    money.vat(money.in_euro(each.amount, each.currency), each.percent) for each in own
                )
            ),
        }
        for name, own in sorted(sums.items())
    }


@app.get("/expenses/export")
async def export() -> StreamingResponse:
    def rows():
        yield "day;what;euro\r\n"
        for each in sorted(app.state.expenses, key=lambda each: each.day):
            yield f"{each.day:%d.%m.%Y};{each.what};{money.in_euro(each.amount, each.currency)}\r\n"

    headers = {"Content-Disposition": 'attachment; filename="expenses.csv"'}
    return StreamingResponse(rows(), media_type="text/csv", headers=headers)


@app.get("/split")
async def split(amount: Decimal, weights: Annotated[list[int], Query()]) -> dict[str, object]:
    parts = list(money.shares(amount, weights))
    return {"parts": [str(part) for part in parts], "average": float(amount) / len(parts)}


# --- meetings ---


class Meeting(BaseModel):
    title: str
    start: datetime
    zone: str = "Europe/Berlin"
    minutes: int = Field(default=60, ge=5)
    weeks: int = Field(default=1, ge=1, le=10)


def taken(start: datetime, end: datetime) -> str | None:
    for number, (title, own_start, own_end) in app.state.meetings.items():
        if times.overlap((start, end), (own_start, own_end)):
            return f"{number}: {title}"
    return None


@app.post("/meetings", status_code=201)
async def new_meeting(wanted: Meeting) -> list[dict[str, object]]:
    first = times.local(wanted.start, wanted.zone)
    planned = [(start, times.end_of(start, wanted.minutes)) for start in times.weekly(first, wanted.weeks)]
    for start, end in planned:
        clash = taken(start, end)
        if clash is not None:
            raise HTTPException(409, {"error": "taken", "by": clash, "at": start.isoformat()})
    made = []
    for start, end in planned:
        number = len(app.state.meetings) + 1
        app.state.meetings[number] = (wanted.title, start, end)
        made.append({"number": number, "start": start, "end": end, "week": start.isocalendar().week})
    happened("meeting", title=wanted.title)
    return made


@app.get("/meetings")
async def meetings(zone: str = "UTC", day: date | None = None) -> list[dict[str, object]]:
    shown = []
    for number, (title, start, end) in app.state.meetings.items():
        there = times.local(start, zone)
        if day is None or there.date() == day:
            shown.append(
                {"number": number, "title": title, "start": there, "minutes": (end - start).seconds // 60}
            )
    return shown


@app.get("/meetings/next")
async def next_meeting() -> dict[str, object]:
    now = datetime.now(UTC)
    coming = [start for _, start, _ in app.state.meetings.values() if start > now]
    return {"next": min(coming).isoformat() if coming else None, "count": len(coming)}


@app.get("/meetings/{number}.ics")
async def calendar(number: int) -> Response:
    if number not in app.state.meetings:
        raise HTTPException(404, {"error": "no such meeting"})
    title, start, end = app.state.meetings[number]
    text = "\r\n".join(
        [
            "BEGIN:VEVENT",
            f"UID:{number}@archive",
            f"DTSTART:{times.stamp(start)}",
            f"DTEND:{times.stamp(end)}",
            f"SUMMARY:{title}",
            "END:VEVENT",
            "",
        ]
    )
    return Response(text, media_type="text/calendar", headers={"ETag": f'W/"{number}"'})


@app.get("/workdays")
async def workdays(first: date, last: date) -> dict[str, object]:
    if last < first:
        raise ValueError("the last day is before the first")
    days = times.working_days(first, last)
    return {"days": days, "hours": days * 7.8, "age_days": (datetime.now(UTC).date() - first).days > 0}


# --- what happens ---


@app.get("/feed")
async def feed(last_event_id: Annotated[int, Header()] = 0, what: str | None = None) -> StreamingResponse:
    async def frames():
        yield "retry: 3000\n\n"
        for event in app.state.events:
            if event["id"] > last_event_id and what in (None, event["what"]):
                details = {name: value for name, value in event.items() if name not in ("id", "what")}
                yield f"id: {event['id']}\nevent: {event['what']}\ndata: {json.dumps(details)}\n\n"
        yield ": end\n\n"

    return StreamingResponse(frames(), media_type="text/event-stream", headers={"Cache-Control": "no-store"})


@app.get("/log.ndjson")
async def ndjson(limit: Annotated[int, Query(ge=1)] = 3) -> StreamingResponse:
    def rows():
        for event in app.state.events[-limit:]:
            yield json.dumps(event, sort_keys=True) + "\n"

    return StreamingResponse(rows(), media_type="application/x-ndjson")


@app.websocket("/rooms/{room}")
async def chat(socket: WebSocket, room: str, token: str = "") -> None:
    if token not in PEOPLE:
        await socket.close(code=4401, reason="who are you?")
        return
    name = PEOPLE[token]
    await socket.accept(subprotocol="chat.v1")
    said = app.state.rooms[room]
    await socket.send_json({"type": "welcome", "name": name, "history": said[-3:]})
    try:
        while True:
            message = await socket.receive_json()
            if message.get("type") == "ping":
                await socket.send_json({"type": "pong", "n": message.get("n", 0)})
            elif message.get("type") == "say":
                text = str(message["text"]).strip()
                if not text:
                    await socket.send_json({"type": "error", "error": "nothing said"})
                    continue
                said.append(f"{name}: {text}")
                await socket.send_json({"type": "said", "text": text, "count": len(said)})
            else:
                await socket.close(code=1003)
                break
    except WebSocketDisconnect:
        happened("left", name=name)


@app.get("/echo")
async def echo(request: Request, text: str) -> dict[str, object]:
    words = text.split()
    await asyncio.sleep(0.01)
    return {"words": words, "count": len(words), "agent": request.headers.get("user-agent")}
