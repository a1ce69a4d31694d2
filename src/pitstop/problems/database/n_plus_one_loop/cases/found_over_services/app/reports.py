from abc import ABC, abstractmethod

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models import Customer, Order


class Report(ABC):
    @abstractmethod
    def lines(self, session: Session) -> list[str]: ...


class Customers(Report):
    def lines(self, session: Session) -> list[str]:
        return list(session.scalars(select(Customer.name)))


class Orders(Report):
    def lines(self, session: Session) -> list[str]:
        return [str(key) for key in session.scalars(select(Order.id))]


def chosen_of(names: list[str]) -> list[Report]:
    known: dict[str, Report] = {"customers": Customers(), "orders": Orders()}
    return [known[name] for name in names]
