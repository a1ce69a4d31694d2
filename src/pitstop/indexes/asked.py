"""What a service asked of its database, as the advice on indexes takes it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import msgspec

Parameters = tuple[Any, ...] | Mapping[str, Any]
ParameterStyle = Literal["qmark", "numeric", "numeric_dollar", "format", "pyformat", "named"]


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """One distinct statement: `sql` as the driver got it, and the values of a typical execution.

    `parameters` is a tuple, or a mapping where placeholders have names; `paramstyle` is DB-API's, and `numeric_dollar` for
    `$1`. What it costs is the mean over `parameters` and the `samples`, which are further executions. `count` is how often
    the workload sent it, from `routes`. The values are bound and never written down.
    """

    sql: str
    parameters: Parameters = ()
    paramstyle: ParameterStyle = "qmark"
    count: int = 1
    routes: tuple[str, ...] = ()
    samples: tuple[Parameters, ...] = ()

    @property
    def executions(self) -> tuple[Parameters, ...]:
        """The values of all executions that are looked at, the typical one first."""
        return (self.parameters, *self.samples)
