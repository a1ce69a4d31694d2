from sqlmodel import Field, SQLModel, UniqueConstraint


class Reading(SQLModel, table=True):
    __table_args__ = (UniqueConstraint("sensor_id", "taken_at"),)

    id: int | None = Field(default=None, primary_key=True)
    sensor_id: int = Field(index=True)
    taken_at: int
