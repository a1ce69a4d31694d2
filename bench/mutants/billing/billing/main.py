"""Bills and accounts of many tenants in one database."""

from __future__ import annotations

import logging
from collections import Counter
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Annotated

from fastapi import BackgroundTasks, FastAPI, HTTPException, Query, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from sqlalchemy import case, delete, func, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from billing.access import LIMITS, Database, Editor, Owner, Viewer, audit
from billing.models import Account, Invoice, Member, Tenant, Transfer, Usage, engine, now

log = logging.getLogger("billing")
app = FastAPI(title="Billing")
CENT = Decimal("0.01")
INTEREST = Decimal("0.0512")


@app.exception_handler(IntegrityError)
def conflict(request: Request, error: IntegrityError) -> JSONResponse:
    log.error("conflict at %s", request.url.path)
    return JSONResponse({"error": "conflict", "path": request.url.path}, status_code=409)


class NewAccount(BaseModel):
    name: str = Field(min_length=1, max_length=30)
    balance: Decimal = Decimal(0)


class NewTransfer(BaseModel):
    source: int
    target: int
    amount: Decimal = Field(gt=0, decimal_places=2)
    reference: str | None = None


class Item(BaseModel):
    what: str
    quantity: Decimal = Decimal(1)
    price: Decimal


class NewInvoice(BaseModel):
    customer: str
    items: list[Item] = Field(min_length=1)
    days: int = Field(default=30, ge=0)
    discount: Decimal | None = None
    tags: list[str] = []


class InvoicePatch(BaseModel):
    customer: str | None = None
    discount: Decimal | None = None
    tags: list[str] | None = None


class Used(BaseModel):
    metric: str
    count: int = Field(ge=1)
    day: date | None = None


class NewMember(BaseModel):
    email: str
    role: str = "viewer"


def amount_of(items: list[Item], discount: Decimal | None) -> Decimal:
    total = sum((item.quantity * item.price for item in items), Decimal(0))
    if discount is not None:
        total -= discount
    return max(total, Decimal(0)).quantize(CENT, rounding=ROUND_HALF_UP)


def shown(invoice: Invoice) -> dict[str, object]:
    return {
        "id": invoice.id,
        "number": f"{invoice.issued_on:%Y}/{invoice.number:04d}",
        "customer": invoice.customer,
        "status": invoice.status,
        "total": str(invoice.total),
        "discount": None if invoice.discount is None else str(invoice.discount),
        "due_on": invoice.due_on,
        "paid_at": invoice.paid_at.isoformat(timespec="seconds") if invoice.paid_at else None,
        "tags": invoice.tags,
    }


def own_invoice(db: Session, who: Member, invoice_id: int, *, locked: bool = False) -> Invoice:
    query = select(Invoice).where(Invoice.id == invoice_id, Invoice.tenant_id == who.tenant_id)
    if locked:
        query = query.with_for_update()
    invoice = db.scalar(query)
    if invoice is None:
        raise HTTPException(404, {"error": "no such invoice"})
    return invoice


# --- accounts ---


@app.get("/accounts")
def accounts(who: Viewer, db: Database, closed: bool = False) -> list[dict[str, object]]:
    query = select(Account).where(Account.tenant_id == who.tenant_id)
    if not closed:
        query = query.where(Account.closed.is_(False))
    rows = db.scalars(query.order_by(Account.balance.desc(), Account.name)).all()
    return [
        {"id": each.id, "name": each.name, "balance": each.balance, "closed": each.closed} for each in rows
    ]


@app.post("/accounts", status_code=201)
def new_account(wanted: NewAccount, who: Editor, db: Database, response: Response) -> dict[str, object]:
    count = db.scalar(select(func.count()).select_from(Account).where(Account.tenant_id == who.tenant_id))
    if count >= LIMITS[who.tenant.plan]:
        raise HTTPException(402, {"error": "limit", "plan": who.tenant.plan})
    account = Account(tenant_id=who.tenant_id, name=wanted.name, balance=wanted.balance)
    db.add(account)
    db.flush()
    audit(db, who, "open", account=account.id, balance=str(wanted.balance))
    db.commit()
    response.headers["Location"] = f"/accounts/{account.id}"
    return {"id": account.id, "balance": str(account.balance)}


@app.delete("/accounts/{account_id}")
def close_account(account_id: int, who: Owner, db: Database, tasks: BackgroundTasks) -> dict[str, object]:
    account = db.scalar(select(Account).where(Account.id == account_id, Account.tenant_id == who.tenant_id))
    if account is None:
        raise HTTPException(404, {"error": "no such account"})
    if account.balance != 0:
        raise HTTPException(409, {"error": "not empty", "balance": str(account.balance)})
    account.closed = True
    db.commit()
    tasks.add_task(closed, who.tenant_id, who.id, account.id)
    return {"closed": True}


def closed(tenant_id: int, member_id: int, account_id: int) -> None:
    with Session(engine) as db:
        who = db.get(Member, member_id)
        audit(db, who, "close", account=account_id)
        db.commit()


@app.post("/transfers", status_code=201)
def transfer(wanted: NewTransfer, who: Editor, db: Database) -> dict[str, object]:
    if wanted.source == wanted.target:
        raise HTTPException(422, {"error": "same account"})
    ids = sorted((wanted.source, wanted.target))
    query = select(Account).where(Account.id.in_(ids), Account.tenant_id == who.tenant_id, ~Account.closed)
    found = {each.id: each for each in db.scalars(query.order_by(Account.id).with_for_update())}
    if len(found) < 2:
        raise HTTPException(404, {"error": "no such account", "found": sorted(found)})
    source, target = found[wanted.source], found[wanted.target]
    if source.balance < wanted.amount:
        db.rollback()
        raise HTTPException(409, {"error": "not enough", "missing": str(wanted.amount - source.balance)})
    source.balance -= wanted.amount
    target.balance += wanted.amount
    made = Transfer(
        tenant_id=who.tenant_id,
        source_id=source.id,
        target_id=target.id,
        amount=wanted.amount,
        reference=wanted.reference,
        at=now(),
    )
    db.add(made)
    audit(db, who, "transfer", amount=str(wanted.amount))
    db.commit()
    return {"id": made.id, "left": str(source.balance), "at": made.at.isoformat(timespec="minutes")}


@app.get("/transfers")
def transfers(
    who: Viewer,
    db: Database,
    account: int | None = None,
    before: int | None = None,
    limit: Annotated[int, Query(ge=1, le=50)] = 2,
) -> dict[str, object]:
    query = select(Transfer).where(Transfer.tenant_id == who.tenant_id).order_by(Transfer.id.desc())
    if account is not None:
        query = query.where(or_(Transfer.source_id == account, Transfer.target_id == account))
    if before is not None:
        query = query.where(Transfer.id < before)
    rows = db.scalars(query.limit(limit + 1)).all()
    items = []
    for row in rows[:limit]:
        sign = -1 if row.source_id == account else 1
        items.append({"id": row.id, "amount": str(sign * row.amount), "reference": row.reference})
    return {"items": items, "before": items[-1]["id"] if len(rows) > limit else None}


@app.post("/interest")
def interest(who: Owner, db: Database) -> dict[str, object]:
    rows = db.scalars(select(Account).where(Account.tenant_id == who.tenant_id).order_by(Account.id)).all()
    paid = Decimal(0)
    for account in rows:
        if account.closed or account.balance <= 0:
            continue
        part = (account.balance * INTEREST / 12).quantize(CENT, rounding=ROUND_HALF_UP)
        account.balance += part
        paid += part
    db.commit()
    return {"paid": str(paid), "rate": float(INTEREST), "yearly": round(float(paid) * 12, 3)}


# --- invoices ---


@app.post("/invoices", status_code=201)
def new_invoice(wanted: NewInvoice, who: Editor, db: Database) -> dict[str, object]:
    number = db.scalar(
        update(Tenant)
        .where(Tenant.id == who.tenant_id)
        .values(last_number=Tenant.last_number + 1)
        .returning(Tenant.last_number)
    )
    today = now().date()
    invoice = Invoice(
        tenant_id=who.tenant_id,
        number=number,
        customer=wanted.customer.strip(),
        issued_on=today,
        due_on=today + timedelta(days=wanted.days),
        total=amount_of(wanted.items, wanted.discount),
        discount=wanted.discount,
        tags=sorted(set(wanted.tags)),
        more={"items": [item.model_dump(mode="json") for item in wanted.items]},
    )
    db.add(invoice)
    db.flush()
    audit(db, who, "invoice", number=number, total=str(invoice.total))
    db.commit()
    return shown(invoice)


@app.get("/invoices")
def invoices(
    who: Viewer,
    db: Database,
    response: Response,
    status: str | None = None,
    tag: str | None = None,
    search: str | None = None,
    page: Annotated[int, Query(ge=1)] = 1,
    size: Annotated[int, Query(ge=1, le=20)] = 2,
) -> list[dict[str, object]]:
    query = select(Invoice).where(Invoice.tenant_id == who.tenant_id)
    if status is not None:
        query = query.where(Invoice.status == status)
    if tag is not None:
        query = query.where(Invoice.tags.any(tag))
    if search:
        query = query.where(Invoice.customer.ilike(f"%{search}%"))
    total = db.scalar(select(func.count()).select_from(query.subquery()))
    response.headers["X-Total"] = str(total)
    response.headers["X-Pages"] = str((total + size - 1) // size)
    rows = db.scalars(
        query.order_by(Invoice.due_on, Invoice.number.desc()).limit(size).offset((page - 1) * size)
    )
    return [shown(each) for each in rows]


@app.get("/invoices/{invoice_id}")
def invoice(invoice_id: int, who: Viewer, db: Database) -> dict[str, object]:
    found = own_invoice(db, who, invoice_id)
    items = found.more.get("items", [])
    largest = max(items, key=lambda item: Decimal(item["price"]), default=None)
    return {**shown(found), "items": items, "largest": largest["what"] if largest else None}


@app.patch("/invoices/{invoice_id}")
def change_invoice(invoice_id: int, wanted: InvoicePatch, who: Editor, db: Database) -> dict[str, object]:
    found = own_invoice(db, who, invoice_id, locked=True)
    if found.status != "open":
        raise HTTPException(409, {"error": "settled", "status": found.status})
    changes = wanted.model_dump(exclude_unset=True)
    if "discount" in changes:
        items = [Item(**item) for item in found.more["items"]]
        found.total = amount_of(items, wanted.discount)
    for name, value in changes.items():
        setattr(found, name, value)
    audit(db, who, "change", fields=sorted(changes))
    db.commit()
    return shown(found)


@app.post("/invoices/{invoice_id}/pay")
def pay(invoice_id: int, who: Editor, db: Database, account: int | None = None) -> dict[str, object]:
    found = own_invoice(db, who, invoice_id, locked=True)
    if found.status == "paid":
        return shown(found)
    if found.status == "void":
        raise HTTPException(409, {"error": "void"})
    found.status = "paid"
    found.paid_at = now()
    if account is not None:
        changed = db.execute(
            update(Account)
            .where(Account.id == account, Account.tenant_id == who.tenant_id)
            .values(balance=Account.balance + found.total)
        )
        if changed.rowcount == 0:
            db.rollback()
            log.error("no account %s to pay %s to", account, invoice_id)
            raise HTTPException(422, {"error": "no such account", "account": account})
    audit(db, who, "pay", invoice=found.id)
    db.commit()
    return shown(found)


@app.post("/invoices/{invoice_id}/void", status_code=204)
def void(invoice_id: int, who: Owner, db: Database) -> None:
    found = own_invoice(db, who, invoice_id)
    if found.status == "paid":
        raise HTTPException(409, {"error": "paid", "at": found.paid_at.isoformat()})
    found.status = "void"
    db.commit()


# --- members and usage ---


@app.get("/members")
def members(who: Viewer, db: Database) -> list[dict[str, object]]:
    rows = db.scalars(select(Member).where(Member.tenant_id == who.tenant_id).order_by(Member.email)).all()
    return [
        {"email": each.email, "role": each.role, "key": each.key if who.role == "owner" else None}
        for each in rows
    ]


@app.post("/members", status_code=201)
def new_member(wanted: NewMember, who: Owner, db: Database) -> dict[str, object]:
    if wanted.role not in ("viewer", "editor"):
        raise HTTPException(422, {"error": "role", "known": ["viewer", "editor"]})
    email = wanted.email.strip().lower()
    made = Member(tenant_id=who.tenant_id, email=email, role=wanted.role, key=f"key-{who.tenant_id}-{email}")
    db.add(made)
    db.commit()
    return {"id": made.id, "email": made.email}


@app.delete("/members/{email}", status_code=204)
def drop_member(email: str, who: Owner, db: Database) -> None:
    if email == who.email:
        raise HTTPException(409, {"error": "this is you"})
    dropped = db.execute(delete(Member).where(Member.tenant_id == who.tenant_id, Member.email == email))
    if dropped.rowcount == 0:
        raise HTTPException(404, {"error": "no such member"})
    db.commit()


@app.post("/usage", status_code=202)
def use(wanted: Used, who: Editor, db: Database) -> dict[str, object]:
    statement = insert(Usage).values(
        tenant_id=who.tenant_id, day=wanted.day or now().date(), metric=wanted.metric, count=wanted.count
    )
    statement = statement.on_conflict_do_update(
        index_elements=["tenant_id", "day", "metric"], set_={"count": Usage.count + statement.excluded.count}
    ).returning(Usage.count)
    count = db.scalar(statement)
    db.commit()
    return {"metric": wanted.metric, "count": count}


@app.get("/usage")
def usage(who: Viewer, db: Database, metric: str | None = None) -> list[dict[str, object]]:
    running = func.sum(Usage.count).over(partition_by=Usage.metric, order_by=Usage.day)
    query = select(Usage.metric, Usage.day, Usage.count, running).where(Usage.tenant_id == who.tenant_id)
    if metric is not None:
        query = query.where(Usage.metric == metric)
    rows = db.execute(query.order_by(Usage.metric, Usage.day)).all()
    sums = Counter()
    for name, _, count, _ in rows:
        sums[name] += count
    return [
        {
            "metric": name,
            "day": day,
            "count": count,
            "running": int(total),
            "share": round(count / sums[name], 3),
        }
        for name, day, count, total in rows
    ]


# --- reports ---


@app.get("/reports/ageing")
def ageing(who: Viewer, db: Database, on: date | None = None) -> dict[str, dict[str, object]]:
    late = (on or now().date()) - Invoice.due_on
    bucket = case((late <= 0, "due"), (late <= 30, "month"), else_="late")
    query = (
        select(bucket, func.count(), func.sum(Invoice.total))
        .where(Invoice.tenant_id == who.tenant_id, Invoice.status == "open")
        .group_by(bucket)
    )
    found = {name: {"count": count, "sum": str(total)} for name, count, total in db.execute(query)}
    return {name: found.get(name, {"count": 0, "sum": "0.00"}) for name in ("due", "month", "late")}


@app.get("/reports/customers")
def customers(who: Viewer, db: Database) -> list[dict[str, object]]:
    query = (
        select(
            Invoice.customer,
            func.sum(Invoice.total).filter(Invoice.status == "paid"),
            func.avg(Invoice.total),
            func.string_agg(text("number::text"), text("', ' ORDER BY number")),
        )
        .where(Invoice.tenant_id == who.tenant_id, Invoice.status != "void")
        .group_by(Invoice.customer)
        .order_by(func.sum(Invoice.total).desc(), Invoice.customer)
    )
    return [
        {"customer": name, "paid": paid, "average": round(float(mean), 2), "numbers": numbers}
        for name, paid, mean, numbers in db.execute(query)
    ]


@app.get("/reports/days")
def days(who: Viewer, db: Database, zone: str = "UTC") -> dict[str, str]:
    sums = {}
    moments = select(Transfer.at, Transfer.amount).where(Transfer.tenant_id == who.tenant_id)
    for at, amount in db.execute(moments.order_by(Transfer.id)):
        day = local(at, zone).date().isoformat()
        sums[day] = sums.get(day, Decimal(0)) + amount
    return {day: str(total) for day, total in sums.items()}


def local(moment: datetime, zone: str) -> datetime:
    hours = {"UTC": 0, "CET": 1, "NZST": 12, "HST": -10}.get(zone)
    if hours is None:
        raise HTTPException(422, {"error": "no such zone", "zone": zone})
    return moment.replace(tzinfo=None) + timedelta(hours=hours) - (moment.utcoffset() or timedelta(0))
