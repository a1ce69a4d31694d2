from pydantic import BaseModel


class Item(BaseModel):
    name: str


class Catalogue:
    def items(self) -> list[Item]:
        return [Item(name="nut")]
