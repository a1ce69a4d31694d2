import secrets
import time
from typing import Annotated

import httpx
from fastapi import Depends

from shop.carriers import CARRIERS, transit_days
from shop.dependencies import HttpClient, RatesUrl
from shop.errors import Conflict, NotFound
from shop.models import Order, Shipment, ShipmentEvent, User
from shop.repositories.orders import OrderRepository
from shop.repositories.shipping import EventRepository, ShipmentRepository
from shop.schemas import Estimate, PickupPoint, Quote, ShipmentEventIn

# The carriers' network allows forty calls a second.
CALL_SPACING = 0.025


class ShippingService:
    def __init__(
        self,
        orders: Annotated[OrderRepository, Depends()],
        shipments: Annotated[ShipmentRepository, Depends()],
        events: Annotated[EventRepository, Depends()],
        http: HttpClient,
        rates_url: RatesUrl,
    ) -> None:
        self.orders = orders
        self.shipments = shipments
        self.events = events
        self.http = http
        self.rates_url = rates_url
        self.session = orders.session

    async def quotes(self, order_id: int, user: User) -> list[Quote]:
        order = await self._order(order_id, user)
        grams = self._weight(order)
        quotes = []
        for carrier in CARRIERS:
            response = await self.http.get(f"/carriers/{carrier}/quote", params={"grams": grams})
            response.raise_for_status()
            quotes.append(Quote.model_validate(response.json()))
            time.sleep(CALL_SPACING)
        return quotes

    async def estimate(self, order_id: int, user: User) -> Estimate:
        order = await self._order(order_id, user)
        days = transit_days(self.rates_url, order.address.country, self._weight(order))
        return Estimate(reference=order.reference, days=days)

    async def pickup_points(self, postcode: str) -> list[PickupPoint]:
        async with httpx.AsyncClient(base_url=self.rates_url, timeout=5.0) as client:
            response = await client.get("/pickup-points", params={"postcode": postcode})
        response.raise_for_status()
        return [PickupPoint.model_validate(point) for point in response.json()]

    async def ship(self, order_id: int, user: User, carrier: str) -> Shipment:
        order = await self._order(order_id, user)
        if order.status != "paid":
            raise Conflict(f"The order is {order.status}")
        shipment = self.shipments.add(
            Shipment(order_id=order.id, carrier=carrier, tracking_number=f"T{secrets.token_hex(8).upper()}")
        )
        order.status = "shipped"
        await self.session.commit()
        return shipment

    async def of_order(self, order_id: int, user: User) -> list[Shipment]:
        order = await self._order(order_id, user)
        return await self.shipments.of_order(order.id)

    async def record(self, data: ShipmentEventIn) -> ShipmentEvent:
        event = self.events.add(ShipmentEvent(**data.model_dump()))
        await self.session.commit()
        return event

    async def history(self, tracking_number: str) -> list[ShipmentEvent]:
        events = await self.events.of_parcel(tracking_number)
        if not events:
            raise NotFound("No such parcel")
        return events

    async def _order(self, order_id: int, user: User) -> Order:
        order = await self.orders.detail(order_id)
        if order is None or (order.user_id != user.id and not user.is_admin):
            raise NotFound("No such order")
        return order

    @staticmethod
    def _weight(order: Order) -> int:
        return sum(item.quantity * item.product.weight_grams for item in order.items)
