"""What goes over the wire."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120)]
Email = Annotated[
    str, StringConstraints(pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$", max_length=200, to_lower=True)
]
Country = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]


class Out(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class Token(BaseModel):
    access_token: str
    token_type: Literal["bearer"] = "bearer"


class Registration(BaseModel):
    email: Email
    full_name: Name
    password: str = Field(min_length=8, max_length=100)


class PasswordChange(BaseModel):
    current: str
    new: str = Field(min_length=8, max_length=100)


class UserOut(Out):
    id: int
    email: str
    full_name: str
    is_admin: bool
    created_at: datetime


class UserUpdate(BaseModel):
    full_name: Name


class PublicProfile(Out):
    id: int
    full_name: str


class AddressIn(BaseModel):
    line1: Name
    city: Name
    postcode: Annotated[str, StringConstraints(min_length=3, max_length=12)]
    country: Country


class AddressOut(Out):
    id: int
    line1: str
    city: str
    postcode: str
    country: str


class UserWithAddresses(Out):
    id: int
    email: str
    full_name: str
    addresses: list[AddressOut]


class CategoryOut(Out):
    id: int
    slug: str
    name: str


class SupplierOut(Out):
    id: int
    name: str
    country: str


class SupplierOverview(SupplierOut):
    products: int


class ImageOut(Out):
    id: int
    filename: str
    content_type: str


class ProductCard(Out):
    id: int
    sku: str
    slug: str
    name: str
    price_cents: int
    stock: int


class ProductOut(ProductCard):
    description: str
    weight_grams: int
    created_at: datetime
    category: CategoryOut
    supplier: SupplierOut
    images: list[ImageOut]


class ProductPage(BaseModel):
    items: list[ProductOut]
    total: int
    page: int
    size: int


class ProductIn(BaseModel):
    sku: Annotated[str, StringConstraints(pattern=r"^[A-Z0-9-]{4,20}$")]
    slug: Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{3,80}$")]
    name: Name
    description: str = ""
    category_id: int
    supplier_id: int
    price_cents: int = Field(gt=0)
    weight_grams: int = Field(gt=0)
    stock: int = Field(default=0, ge=0)


class ProductUpdate(BaseModel):
    name: Name | None = None
    description: str | None = None
    price_cents: int | None = Field(default=None, gt=0)


class PriceOut(BaseModel):
    slug: str
    currency: str
    amount: int


class StockMovementIn(BaseModel):
    quantity: int
    reason: Literal["delivery", "return", "count", "damage"]
    reference: Annotated[str, StringConstraints(max_length=40)] | None = None


class StockMovementOut(Out):
    id: int
    quantity: int
    reason: str
    reference: str | None
    created_at: datetime


class ReviewIn(BaseModel):
    rating: int = Field(ge=1, le=5)
    title: Name
    body: str = Field(max_length=4000)


class ReviewOut(Out):
    id: int
    product_id: int
    user_id: int
    rating: int
    title: str
    body: str
    status: str
    created_at: datetime


class ReviewDetail(Out):
    id: int
    rating: int
    title: str
    body: str
    status: str
    author: PublicProfile
    product: ProductCard


class RatingSummary(BaseModel):
    reviews: int
    average: float | None


class CouponIn(BaseModel):
    code: Annotated[str, StringConstraints(pattern=r"^[A-Z0-9]{4,30}$")]
    percent_off: int = Field(ge=1, le=90)
    expires_at: datetime


class CouponOut(Out):
    id: int
    code: str
    percent_off: int
    expires_at: datetime


class OrderLineIn(BaseModel):
    product_id: int
    quantity: int = Field(ge=1, le=99)


class OrderIn(BaseModel):
    address_id: int
    lines: list[OrderLineIn] = Field(min_length=1, max_length=50)
    coupon: str | None = None


class OrderItemOut(Out):
    line: int
    product_id: int
    quantity: int
    unit_price_cents: int


class OrderBrief(Out):
    id: int
    reference: str
    status: str
    created_at: datetime


class OrderOut(OrderBrief):
    items: list[OrderItemOut]
    coupon: CouponOut | None
    total_cents: int


class OrderSummary(OrderBrief):
    units: int
    total_cents: int


class RecentOrder(OrderBrief):
    customer: PublicProfile


class OrderPage(BaseModel):
    items: list[OrderOut]
    total: int
    page: int
    size: int


class OrderPreview(BaseModel):
    country: Country
    lines: list[OrderLineIn] = Field(min_length=1, max_length=50)


class Totals(BaseModel):
    net_cents: int
    tax_cents: int
    gross_cents: int


class InvoiceOut(Totals):
    reference: str
    country: str


class AttachmentOut(Out):
    id: int
    product_id: int | None
    filename: str
    content_type: str
    size: int
    sha256: str
    created_at: datetime


class Checksum(BaseModel):
    id: int
    sha256: str
    intact: bool


class ShipmentIn(BaseModel):
    carrier: Literal["parcelo", "swiftly", "nordpak"]


class ShipmentOut(Out):
    id: int
    order_id: int
    carrier: str
    tracking_number: str
    created_at: datetime


class ShipmentReport(ShipmentOut):
    order: OrderBrief


class ShipmentEventIn(BaseModel):
    tracking_number: Annotated[str, StringConstraints(min_length=6, max_length=24)]
    code: Literal["collected", "sorted", "in-transit", "out-for-delivery", "delivered", "failed"]
    location: Name


class ShipmentEventOut(Out):
    id: int
    code: str
    location: str
    occurred_at: datetime


class Quote(BaseModel):
    carrier: str
    price_cents: int


class Estimate(BaseModel):
    reference: str
    days: int


class Zone(BaseModel):
    name: str
    countries: list[str]


class PickupPoint(BaseModel):
    name: str
    distance_m: int


class ExchangeRates(BaseModel):
    base: str
    rates: dict[str, float]


class OrderTotal(BaseModel):
    reference: str
    created_at: datetime
    total_cents: int


class CategorySales(BaseModel):
    category: str
    units: int
    revenue_cents: int


class TopCustomer(BaseModel):
    user_id: int
    full_name: str
    orders: int


class StockExport(BaseModel):
    file: str
    rows: int


class Dashboard(BaseModel):
    users: int
    products: int
    orders: dict[str, int]
