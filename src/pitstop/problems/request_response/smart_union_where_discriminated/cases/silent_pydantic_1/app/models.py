from typing import Literal

from pydantic import BaseModel


class Card(BaseModel):
    method: Literal["card"]
    number: str


class Transfer(BaseModel):
    method: Literal["transfer", "sepa"]
    iban: str


class Cash(BaseModel):
    method: Literal["cash"]


class Voucher(BaseModel):
    method: Literal["voucher"]
    code: str
