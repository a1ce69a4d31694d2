"""A shop's orders."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from datetime import timedelta
from typing import Annotated

from fastapi import Depends, FastAPI, Header, HTTPException, Query, Request, Response
from fastapi.responses import JSONResponse, PlainTextResponse
from sqlalchemy import func, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, selectinload

from orders import pricing
from orders.models import AuditEntry, Customer, Order, OrderLine, Product, now, session
from orders.schemas import (
    CustomerIn,
    CustomerOut,
    OrderIn,
    OrderLineOut,
    OrderOut,
    ProductIn,
    ProductOut,
    ProductPatch,
)

app = FastAPI(title="Orders")
Database = Annotated[Session, Depends(session)]
PAGE = 5
RETURN_DAYS = 14
KEYS = {"key-ann": "ann", "key-bob": "bob"}


class ProblemError(Exception):
    def __init__(self, code: str, status: int, message: str, **details: object) -> None:
        self.code = code
        self.status = status
        self.message = message
        self.details = details


@app.exception_handler(ProblemError)
def problem(request: Request, error: ProblemError) -> JSONResponse:
    body = {"code": error.code, "message": error.message, "path": request.url.path}
    if error.details:
        body["details"] = error.details
    return JSONResponse(body, status_code=error.status, headers={"X-Error-Code": error.code})


@app.middleware("http")
async def version(request: Request, call_next):
    response = await call_next(request)
    response.headers["X-Service"] = "orders/1"
    if request.method == "GET" and response.status_code == 200:
        response.headers["Cache-Control"] = "private, max-age=30"
    return response


def staff(x_api_key: Annotated[str | None, Header()] = None) -> str:
    if x_api_key is None:
        raise HTTPException(401, "no key", headers={"WWW-Authenticate": "ApiKey"})
    if x_api_key not in KEYS:
        raise HTTPException(403, "wrong key")
    return KEYS[x_api_key]


Staff = Annotated[str, Depends(staff)]


def audit(db: Session, actor: str, action: str, subject: str) -> None:
    db.add(AuditEntry(actor=actor, action=action, subject=subject, at=now()))


def found_product(db: Session, product_id: int) -> Product:
    product = db.get(Product, product_id)
    if product is None or product.discontinued:
        raise ProblemError("no-product", 404, "there is no such product", product_id=product_id)
    return product


def found_order(db: Session, order_id: int) -> Order:
    order = db.scalar(select(Order).where(Order.id == order_id).options(selectinload(Order.lines)))
    if order is None:
        raise ProblemError("no-order", 404, "there is no such order")
    return order


def shown(order: Order) -> OrderOut:
    lines = []
    for line in order.lines:
        lines.append(OrderLineOut(sku=line.product.sku, quantity=line.quantity, unit_cents=line.unit_cents))
    return OrderOut(
        id=order.id,
        customer=order.customer.name,
        status=order.status,
        created_at=order.created_at,
        shipped_at=order.shipped_at,
        note=order.note,
        lines=lines,
        shipping_cents=order.shipping_cents,
        total_cents=order.total_cents,
    )


# --- products ---------------------------------------------------------------------------------------------------------


@app.get("/products", response_model=list[ProductOut])
def products(
    db: Database,
    response: Response,
    search: str = "",
    category: str | None = None,
    sort: str = "name",
    page: Annotated[int, Query(ge=1)] = 1,
):
    query = select(Product).where(Product.discontinued.is_(False))
    if search:
        query = query.where(or_(Product.name.ilike(f"%{search}%"), Product.sku == search.upper()))
    if category is not None:
        query = query.where(Product.category == category)
    total = db.scalar(select(func.count()).select_from(query.subquery()))
    column = Product.price_cents if sort == "price" else Product.name
    rows = db.scalars(query.order_by(column, Product.id).offset((page - 1) * PAGE).limit(PAGE)).all()
    response.headers["X-Total"] = str(total)
    if page * PAGE < total:
        response.headers["Link"] = f'</products?page={page + 1}>; rel="next"'
    return rows


@app.get("/products/{product_id}", response_model=ProductOut)
def product(product_id: int, db: Database):
    return found_product(db, product_id)


@app.post("/products", response_model=ProductOut, status_code=201)
def new_product(wanted: ProductIn, db: Database, actor: Staff, response: Response):
    made = Product(**wanted.model_dump())
    made.sku = made.sku.upper()
    db.add(made)
    try:
        db.flush()
    except IntegrityError:
        db.rollback()
        raise ProblemError("sku-taken", 409, f"the SKU {made.sku} is taken") from None
    audit(db, actor, "create", f"product {made.id}")
    db.commit()
    response.headers["Location"] = f"/products/{made.id}"
    return made


@app.patch("/products/{product_id}", response_model=ProductOut)
def change_product(product_id: int, wanted: ProductPatch, db: Database, actor: Staff):
    product = found_product(db, product_id)
    changes = wanted.model_dump(exclude_unset=True)
    for name, value in changes.items():
        setattr(product, name, value)
    audit(db, actor, "change", f"product {product.id}: {', '.join(sorted(changes))}")
    db.commit()
    return product


@app.delete("/products/{product_id}", status_code=204)
def drop_product(product_id: int, db: Database, actor: Staff) -> None:
    product = found_product(db, product_id)
    product.discontinued = True
    product.stock = 0
    audit(db, actor, "drop", f"product {product.id}")
    db.commit()


# --- customers --------------------------------------------------------------------------------------------------------


@app.post("/customers", response_model=CustomerOut, status_code=201)
def new_customer(wanted: CustomerIn, db: Database):
    if "@" not in wanted.email:
        raise ProblemError("bad-email", 422, "this is no address")
    customer = Customer(
        name=wanted.name.strip(),
        email=wanted.email.lower(),
        tier=wanted.tier,
        credit_cents=wanted.credit_cents,
    )
    db.add(customer)
    db.commit()
    return customer


@app.get("/customers/{customer_id}")
def customer(customer_id: int, db: Database) -> dict[str, object]:
    found = db.get(Customer, customer_id)
    if found is None:
        raise HTTPException(status_code=404, detail="no such customer")
    orders = db.scalars(select(Order).where(Order.customer_id == customer_id).order_by(Order.id)).all()
    spent = sum(order.total_cents for order in orders if order.status != "cancelled")
    last = orders[-1].created_at if orders else None
    return {
        "id": found.id,
        "name": found.name,
        "tier": found.tier,
        "credit_cents": found.credit_cents,
        "orders": len(orders),
        "spent": pricing.euros(spent),
        "average_cents": spent / len(orders) if orders else None,
        "last_order_at": last,
    }


# --- orders -----------------------------------------------------------------------------------------------------------


@app.post("/orders", response_model=OrderOut, status_code=201)
def new_order(wanted: OrderIn, db: Database, response: Response):
    customer = db.get(Customer, wanted.customer_id)
    if customer is None:
        raise ProblemError("no-customer", 422, "there is no such customer")
    if not wanted.lines:
        raise ProblemError("empty", 422, "an order needs lines")
    order = Order(customer=customer, note=wanted.note, created_at=now(), shipping_cents=0, total_cents=0)
    db.add(order)
    goods = 0
    weights = []
    for line in wanted.lines:
        product = found_product(db, line.product_id)
        if product.stock < line.quantity:
            raise ProblemError("out-of-stock", 409, f"{product.name}: {product.stock} left", sku=product.sku)
        product.stock -= line.quantity
        unit = pricing.discounted(product.price_cents, customer.tier)
        order.lines.append(OrderLine(product=product, quantity=line.quantity, unit_cents=unit))
        goods += unit * line.quantity
        weights.append(product.weight_kg * line.quantity)
    order.shipping_cents = pricing.shipping(weights, goods)
    order.total_cents = goods + order.shipping_cents
    if customer.credit_cents is not None and order.total_cents > customer.credit_cents:
        raise ProblemError("no-credit", 402, "this is more than the credit allows")
    db.flush()
    audit(db, customer.name, "order", f"order {order.id}")
    db.commit()
    response.headers["Location"] = f"/orders/{order.id}"
    return shown(order)


@app.get("/orders")
def orders(
    db: Database,
    customer_id: int | None = None,
    status: str | None = None,
    after: int = 0,
    limit: Annotated[int, Query(ge=1, le=20)] = 3,
) -> dict[str, object]:
    query = select(Order).where(Order.id > after).order_by(Order.id).limit(limit + 1)
    if customer_id is not None:
        query = query.where(Order.customer_id == customer_id)
    if status:
        query = query.where(Order.status == status)
    rows = list(db.scalars(query))
    has_more = len(rows) > limit
    rows = rows[:limit]
    return {
        "items": [shown(order) for order in rows],
        "next": rows[-1].id if has_more else None,
    }


@app.get("/orders/{order_id}", response_model=OrderOut, response_model_exclude_none=True)
def order(order_id: int, db: Database):
    return shown(found_order(db, order_id))


@app.post("/orders/{order_id}/ship", response_model=OrderOut)
def ship(order_id: int, db: Database, actor: Staff):
    order = found_order(db, order_id)
    if order.status != "new":
        raise ProblemError("wrong-status", 409, f"the order is {order.status}")
    order.status = "shipped"
    order.shipped_at = now()
    audit(db, actor, "ship", f"order {order.id}")
    db.commit()
    return shown(order)


@app.post("/orders/{order_id}/cancel", response_model=OrderOut)
def cancel(order_id: int, db: Database):
    order = found_order(db, order_id)
    if order.status == "cancelled":
        return shown(order)
    if order.status == "shipped":
        raise ProblemError("shipped", 409, "the order is on its way")
    order.status = "cancelled"
    for line in order.lines:
        line.product.stock += line.quantity
    db.commit()
    return shown(order)


@app.get("/orders/{order_id}/invoice")
def invoice(order_id: int, db: Database, parts: Annotated[int, Query(ge=1, le=12)] = 1) -> dict[str, object]:
    order = found_order(db, order_id)
    taxes = defaultdict(int)
    for line in order.lines:
        category = line.product.category
        taxes[category] += pricing.tax_of(line.unit_cents * line.quantity, category)
    due = order.created_at + timedelta(days=RETURN_DAYS)
    return {
        "number": f"R-{order.created_at:%Y}-{order.id:05d}",
        "total": pricing.euros(order.total_cents),
        "taxes": {name: pricing.euros(cents) for name, cents in sorted(taxes.items())},
        "parts": [pricing.euros(cents) for cents in pricing.split(order.total_cents, parts)],
        "due": due.date(),
    }


# --- reports ----------------------------------------------------------------------------------------------------------


@app.get("/reports/sales")
def sales(db: Database, actor: Staff) -> list[dict[str, object]]:
    quantities = defaultdict(int)
    cents = defaultdict(int)
    names = {}
    for line in db.scalars(select(OrderLine).join(Order).where(Order.status != "cancelled")):
        quantities[line.product_id] += line.quantity
        cents[line.product_id] += line.quantity * line.unit_cents
        names[line.product_id] = line.product.name
    whole = sum(cents.values())
    ranked = sorted(names, key=lambda each: (-cents[each], names[each]))
    return [
        {"name": names[each], "quantity": quantities[each], "share": pricing.share(cents[each], whole)}
        for each in ranked
    ]


@app.get("/reports/customers")
def best_customers(db: Database, actor: Staff, least: int = 0) -> list[dict[str, object]]:
    spent = func.sum(Order.total_cents).label("spent")
    query = (
        select(Customer.name, func.count(Order.id), spent)
        .join(Order, Order.customer_id == Customer.id)
        .where(Order.status != "cancelled")
        .group_by(Customer.id)
        .having(spent >= least)
        .order_by(spent.desc(), Customer.name)
    )
    return [{"name": name, "orders": count, "spent": total} for name, count, total in db.execute(query)]


@app.get("/reports/audit")
def trail(db: Database, actor: Staff, action: str | None = None) -> list[str]:
    query = select(AuditEntry).order_by(AuditEntry.id.desc())
    if action:
        query = query.where(AuditEntry.action == action)
    entries = db.scalars(query.limit(10)).all()
    return [f"{entry.actor} {entry.action} {entry.subject}" for entry in entries]


@app.get("/export.csv")
def export(db: Database, actor: Staff) -> PlainTextResponse:
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(["order", "customer", "status", "total"])
    for order in db.scalars(select(Order).options(selectinload(Order.customer)).order_by(Order.id)):
        writer.writerow([order.id, order.customer.name, order.status, pricing.euros(order.total_cents)])
    return PlainTextResponse(
        file.getvalue(),
        media_type="text/csv",
        headers={"Content-Disposition": 'attachment; filename="orders.csv"'},
    )


@app.get("/health")
async def health() -> dict[str, str]:
    return {"status": "ok"}
