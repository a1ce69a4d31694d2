"""What clients send and get."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field


class ProductIn(BaseModel):
    sku: str = Field(min_length=3, max_length=12)
    name: str
    category: str = "misc"
    price_cents: int = Field(ge=0)
    weight_kg: float = 0.5
    stock: int = 0
    description: str | None = None


class ProductPatch(BaseModel):
    name: str | None = None
    price_cents: int | None = Field(default=None, ge=0)
    stock: int | None = None
    description: str | None = None


class ProductOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: int
    sku: str
    name: str
    category: str
    price_cents: int
    weight_kg: float
    stock: int
    description: str | None


class CustomerIn(BaseModel):
    name: str
    email: str
    tier: str = "basic"
    credit_cents: int | None = None


class CustomerOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: int
    name: str
    email: str
    tier: str


class LineIn(BaseModel):
    product_id: int
    quantity: int = Field(ge=1, le=50)


class OrderIn(BaseModel):
    customer_id: int
    note: str | None = None
    lines: list[LineIn]


class OrderLineOut(BaseModel):
    sku: str
    quantity: int
    unit_cents: int


class OrderOut(BaseModel):
    id: int
    customer: str
    status: str
    created_at: datetime
    shipped_at: datetime | None
    note: str | None
    lines: list[OrderLineOut]
    shipping_cents: int
    total_cents: int
