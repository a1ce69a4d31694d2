"""Value-added tax by country and kind of goods."""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

STANDARD = "standard"


def read_rules(path: Path) -> list[dict[str, Any]]:
    with path.open("rb") as file:
        return tomllib.load(file)["rule"]


@dataclass(frozen=True)
class TaxTable:
    basis_points: dict[tuple[str, str], int]

    @classmethod
    def from_file(cls, path: Path) -> "TaxTable":
        rules = read_rules(path)
        return cls({(rule["country"], rule["category"]): rule["basis_points"] for rule in rules})

    def rate(self, country: str, category: str) -> int:
        """The rate in basis points; the country's standard one where the kind of goods has none of its own."""
        own = self.basis_points.get((country, category))
        return self.basis_points.get((country, STANDARD), 0) if own is None else own

    def tax(self, net_cents: int, country: str, category: str) -> int:
        return (net_cents * self.rate(country, category) + 5_000) // 10_000
