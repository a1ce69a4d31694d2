from .models import Item

ROWS = [{"name": "nut"}, {"name": "bolt"}]


class Store:
    def items(self) -> list[Item]:
        return [Item.of(row) for row in ROWS]
