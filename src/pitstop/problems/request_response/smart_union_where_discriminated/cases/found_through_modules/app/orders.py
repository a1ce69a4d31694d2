from pydantic import BaseModel

from app import payments


class Order(BaseModel):
    name: str
    payments: list[payments.Payment] = []
