"""Figures for the back office, on a session of their own: the accountants' tools are synchronous."""

import csv
from datetime import date, datetime, time, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from shop.database import SyncSessionDep
from shop.dependencies import SettingsDep, admin_user
from shop.models import Category, Order, OrderItem, Product, Review, Shipment, User
from shop.schemas import (
    CategorySales,
    OrderTotal,
    ReviewDetail,
    ShipmentReport,
    StockExport,
    TopCustomer,
)

router = APIRouter(prefix="/reports", tags=["reports"], dependencies=[Depends(admin_user)])
Limit = Annotated[int, Query(ge=1, le=200)]


@router.get("/orders")
def order_totals(session: SyncSessionDep, limit: Limit = 50) -> list[OrderTotal]:
    orders = session.scalars(
        select(Order).order_by(Order.created_at.desc(), Order.id.desc()).limit(limit)
    ).all()
    return [
        OrderTotal(reference=order.reference, created_at=order.created_at, total_cents=order.total_cents)
        for order in orders
    ]


@router.get("/shipments", response_model=list[ShipmentReport])
def shipments(session: SyncSessionDep, limit: Limit = 40) -> list[Shipment]:
    return list(session.scalars(select(Shipment).order_by(Shipment.id.desc()).limit(limit)))


@router.get("/reviews", response_model=list[ReviewDetail])
def review_details(session: SyncSessionDep, limit: Limit = 40) -> list[Review]:
    query = (
        select(Review)
        .options(joinedload(Review.author), joinedload(Review.product))
        .order_by(Review.id.desc())
        .limit(limit)
    )
    return list(session.scalars(query))


@router.get("/sales")
def sales(
    session: SyncSessionDep, since: date, days: Annotated[int, Query(ge=1, le=366)] = 30
) -> list[CategorySales]:
    start = datetime.combine(since, time())
    revenue = func.sum(OrderItem.quantity * OrderItem.unit_price_cents)
    query = (
        select(Category.slug, func.sum(OrderItem.quantity), revenue)
        .join(Product, Product.category_id == Category.id)
        .join(OrderItem, OrderItem.product_id == Product.id)
        .join(Order, Order.id == OrderItem.order_id)
        .where(Order.created_at >= start, Order.created_at < start + timedelta(days=days))
        .group_by(Category.id, Category.slug)
        .order_by(Category.id)
    )
    return [
        CategorySales(category=slug, units=int(units), revenue_cents=int(cents))
        for slug, units, cents in session.execute(query)
    ]


@router.get("/customers")
def top_customers(session: SyncSessionDep, limit: Limit = 20) -> list[TopCustomer]:
    number = func.count(Order.id)
    query = (
        select(User.id, User.full_name, number)
        .join(Order, Order.user_id == User.id)
        .group_by(User.id, User.full_name)
        .order_by(number.desc(), User.id)
        .limit(limit)
    )
    return [
        TopCustomer(user_id=user_id, full_name=name, orders=orders)
        for user_id, name, orders in session.execute(query)
    ]


@router.post("/stock")
def export_stock(session: SyncSessionDep, settings: SettingsDep) -> StockExport:
    rows = session.execute(select(Product.sku, Product.name, Product.stock).order_by(Product.id)).all()
    path = settings.upload_dir / "stock.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("sku", "name", "stock"))
        writer.writerows(tuple(row) for row in rows)
    return StockExport(file=path.name, rows=len(rows))
