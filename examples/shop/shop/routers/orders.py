from typing import Annotated

from fastapi import APIRouter, Depends, Query

from shop.dependencies import AdminUser, Countries, CurrentUser, Taxes
from shop.errors import NotFound
from shop.models import Order
from shop.schemas import InvoiceOut, OrderIn, OrderOut, OrderPreview, RecentOrder, Totals
from shop.services.orders import OrderService

router = APIRouter(prefix="/orders", tags=["orders"])
Orders = Annotated[OrderService, Depends()]


@router.get("", response_model=list[RecentOrder])
async def recent_orders(
    orders: Orders, _: AdminUser, limit: Annotated[int, Query(ge=1, le=100)] = 40
) -> list[RecentOrder]:
    return await orders.recent(limit)


@router.post("", response_model=OrderOut, status_code=201)
async def place_order(data: OrderIn, user: CurrentUser, orders: Orders) -> Order:
    return await orders.place(user, data)


@router.post("/preview")
async def preview(data: OrderPreview, countries: Countries, taxes: Taxes, orders: Orders) -> Totals:
    if data.country not in countries:
        raise NotFound("We do not deliver there")
    return await orders.preview(data, taxes)


@router.get("/{order_id}", response_model=OrderOut)
async def order(order_id: int, user: CurrentUser, orders: Orders) -> Order:
    return await orders.detail(order_id, user)


@router.get("/{order_id}/invoice")
async def invoice(order_id: int, user: CurrentUser, taxes: Taxes, orders: Orders) -> InvoiceOut:
    return await orders.invoice(order_id, user, taxes)


@router.post("/{order_id}/pay", response_model=OrderOut)
async def pay(order_id: int, user: CurrentUser, orders: Orders) -> Order:
    return await orders.pay(order_id, user)


@router.post("/{order_id}/cancel", response_model=OrderOut)
async def cancel(order_id: int, user: CurrentUser, orders: Orders) -> Order:
    return await orders.cancel(order_id, user)
