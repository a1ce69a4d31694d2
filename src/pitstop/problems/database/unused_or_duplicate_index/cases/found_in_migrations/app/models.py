from sqlmodel import Field, SQLModel, UniqueConstraint


class Reading(SQLModel, table=True):
    __table_args__ = (UniqueConstraint("sensor_id", "taken_at"),)

    id: int | None = Field(default=None, primary_key=True)
    sensor_id: int = Field(index=True)
    taken_at: int


class Draft(SQLModel, table=True):
    __table_args__ = (UniqueConstraint("author_id", "title"),)

    id: int | None = Field(default=None, primary_key=True)
    author_id: int = Field(index=True)
    title: str


def taken(sensor_id: int, taken_at: int) -> Reading:
    return Reading(sensor_id=sensor_id, taken_at=taken_at)
