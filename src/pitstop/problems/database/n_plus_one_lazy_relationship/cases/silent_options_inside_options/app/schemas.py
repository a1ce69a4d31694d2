from pydantic import BaseModel, ConfigDict


class LineOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: int


class OrderOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    lines: list[LineOut]
    notes: list[LineOut]


class CustomerOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    name: str
    orders: list[OrderOut]
