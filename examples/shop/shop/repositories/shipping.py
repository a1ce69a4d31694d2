from sqlalchemy import select

from shop.models import Shipment, ShipmentEvent
from shop.repositories.base import Repository


class ShipmentRepository(Repository[Shipment]):
    model = Shipment

    async def of_order(self, order_id: int) -> list[Shipment]:
        query = select(Shipment).where(Shipment.order_id == order_id).order_by(Shipment.id)
        return list(await self.session.scalars(query))


class EventRepository(Repository[ShipmentEvent]):
    model = ShipmentEvent

    async def of_parcel(self, tracking_number: str) -> list[ShipmentEvent]:
        query = (
            select(ShipmentEvent)
            .where(ShipmentEvent.tracking_number == tracking_number)
            .order_by(ShipmentEvent.occurred_at, ShipmentEvent.id)
        )
        return list(await self.session.scalars(query))
