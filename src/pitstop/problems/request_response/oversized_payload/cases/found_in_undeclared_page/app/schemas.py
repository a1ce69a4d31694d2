from pydantic import BaseModel, ConfigDict


class Part(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: int
    name: str


class TripBase(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: int
    title: str


class TripOut(TripBase):
    stops: list[Part]
    guests: list[Part] = []
    photos: list[Part]


class TripPage(BaseModel):
    total: int
    items: list[TripOut] = []
