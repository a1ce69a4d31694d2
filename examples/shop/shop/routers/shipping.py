from typing import Annotated

from fastapi import APIRouter, Depends, Query

from shop.carriers import carrier_status
from shop.dependencies import AdminUser, CarrierClient, CurrentUser, HttpClient, RatesUrl
from shop.models import Shipment, ShipmentEvent
from shop.schemas import (
    Estimate,
    ExchangeRates,
    PickupPoint,
    Quote,
    ShipmentEventIn,
    ShipmentEventOut,
    ShipmentIn,
    ShipmentOut,
    Zone,
)
from shop.services.shipping import ShippingService

router = APIRouter(prefix="/shipping", tags=["shipping"])
Shipping = Annotated[ShippingService, Depends()]


@router.get("/zones")
async def zones(client: CarrierClient) -> list[Zone]:
    response = await client.get("/zones")
    response.raise_for_status()
    return [Zone.model_validate(zone) for zone in response.json()]


@router.get("/exchange-rates")
async def exchange_rates(client: HttpClient) -> ExchangeRates:
    response = await client.get("/exchange")
    response.raise_for_status()
    return ExchangeRates.model_validate(response.json())


@router.get("/status")
def status(rates_url: RatesUrl) -> dict[str, str]:
    return carrier_status(rates_url)


@router.get("/pickup-points")
async def pickup_points(
    shipping: Shipping, postcode: Annotated[str, Query(min_length=3, max_length=12)]
) -> list[PickupPoint]:
    return await shipping.pickup_points(postcode)


@router.get("/tracking/{tracking_number}", response_model=list[ShipmentEventOut])
async def tracking(tracking_number: str, shipping: Shipping) -> list[ShipmentEvent]:
    return await shipping.history(tracking_number)


@router.post("/events", response_model=ShipmentEventOut, status_code=201)
async def record_event(data: ShipmentEventIn, shipping: Shipping, _: AdminUser) -> ShipmentEvent:
    return await shipping.record(data)


@router.get("/orders/{order_id}/quotes")
async def quotes(order_id: int, user: CurrentUser, shipping: Shipping) -> list[Quote]:
    return await shipping.quotes(order_id, user)


@router.get("/orders/{order_id}/estimate")
async def estimate(order_id: int, user: CurrentUser, shipping: Shipping) -> Estimate:
    return await shipping.estimate(order_id, user)


@router.get("/orders/{order_id}/shipments", response_model=list[ShipmentOut])
async def order_shipments(order_id: int, user: CurrentUser, shipping: Shipping) -> list[Shipment]:
    return await shipping.of_order(order_id, user)


@router.post("/orders/{order_id}/shipments", response_model=ShipmentOut, status_code=201)
async def ship(order_id: int, data: ShipmentIn, admin: AdminUser, shipping: Shipping) -> Shipment:
    return await shipping.ship(order_id, admin, data.carrier)
