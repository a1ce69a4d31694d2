from typing import Generic, Self, TypeVar

from pydantic import BaseModel


T = TypeVar("T")


class Row(Generic[T], BaseModel):
    @classmethod
    def of(cls, row: dict) -> Self:
        names = cls.model_json_schema()["properties"]
        return cls(**{name: row.get(name) for name in names})


class Item(Row[str]):
    name: str = ""
