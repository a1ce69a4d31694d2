"""What is known of a column without an index."""

from __future__ import annotations

from dataclasses import dataclass, field

from pitstop.data import Location
from pitstop.project.orm import Column, Model
from pitstop.project.queries import Filter


@dataclass
class Use:
    """How requests use a column that has no index."""

    model: Model
    column: Column
    filters: list[Filter] = field(default_factory=list)
    routes: list[str] = field(default_factory=list)
    by_relationship: list[Location] = field(default_factory=list)
    by_deletion: list[Location] = field(default_factory=list)
    """Where rows that the column refers to are deleted: the database then looks for what refers to them."""
    deleted_with: str = ""
    """The table whose rows are deleted there, where those that the column refers to go along with them."""
    is_sorted: bool = False
    """Whether some statement that filters by the column also sorts: an index spares reading and sorting the rest."""
    is_sorted_by: bool = False
    """Whether it sorts by this very column."""
    is_within_tenant: bool = False
    """Whether each statement that filters by the column also names the tenant, by an index."""
    is_found_from: bool = False
    """Whether some statement finds rows of another table first, and from them by this column those of its own."""
    is_first: bool = False
    """Whether, in some statement, it is the first of the columns of its table that an index may start with."""
    is_beside: bool = False
    """Whether each statement that filters by the column has another column of the table that an index may rather start with."""

    @property
    def symbol(self) -> str:
        """How findings name the column: its model and its attribute there."""
        return f"{self.model.name}.{self.column.attribute}"
