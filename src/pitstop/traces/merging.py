"""Several runs made into one, as if one workload had sent all of it."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from pitstop.measures import WorkloadSummary
from pitstop.traces.records import Exchange, Run

_APART = 1 << 40
"""Added to the owners of each further run: process ids are given again."""
_REPLAYED = "replay#"


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """One of several runs: what its workload is called, of which kind it is (`tests`, `recorded`, `generated`), and in which copy it ran."""

    name: str
    kind: str
    run: Run
    place: str = ""


def merged(parts: Sequence[Part]) -> Run:
    """One run of all. What was replayed has its workload's name in its key, so that no two requests share one.

    Samples are to be tried on what the last run leaves: those of other kinds of databases are left out, and SQLite files in the
    copies of earlier runs are named as in its own, where they began alike.
    """
    if len(parts) == 1:
        return parts[0].run
    last = parts[-1]
    exchanges: list[Exchange] = []
    owners: dict[int, int] = {}
    for number, part in enumerate(parts):
        for position, exchange in enumerate(part.run.exchanges):
            owners[len(exchanges)] = part.run.owners.get(position, 0) + number * _APART
            if exchange.key.startswith(_REPLAYED):
                key = f"{part.name}#{exchange.key.removeprefix(_REPLAYED)}"
                exchange = msgspec.structs.replace(exchange, key=key)
            exchanges.append(exchange)
    runs = [part.run for part in parts]
    systems = {sample.database for sample in last.run.samples}
    return Run(
        exchanges=tuple(exchanges),
        owners=owners,
        stacks={
            (owner + number * _APART, identity): frames
            for number, run in enumerate(runs)
            for (owner, identity), frames in run.stacks.items()
        },
        places={
            (owner + number * _APART, identity): place
            for number, run in enumerate(runs)
            for (owner, identity), place in run.places.items()
        },
        pools={
            (owner + number * _APART, identity): pool
            for number, run in enumerate(runs)
            for (owner, identity), pool in run.pools.items()
        },
        tests=tuple(each for run in runs for each in run.tests),
        processes=tuple(each for run in runs for each in run.processes),
        plans=tuple(each for run in runs for each in run.plans),
        samples=tuple(
            msgspec.structs.replace(each, file=last.place + each.file.removeprefix(part.place))
            if part.place and each.file.startswith(f"{part.place}/")
            else each
            for part in parts
            for each in part.run.samples
            if not systems or each.database in systems
        ),
        openapi=tuple(each for run in runs for each in run.openapi),
        files=tuple(each for run in runs for each in run.files),
        caches=tuple(each for run in runs for each in run.caches),
        outside=tuple(each for run in runs for each in run.outside),
        refused=tuple(each for run in runs for each in run.refused),
        mingled=tuple(each for run in runs for each in run.mingled),
        faults=tuple(each for run in runs for each in run.faults),
        dropped=tuple(each for run in runs for each in run.dropped),
        skipped=tuple(each for run in runs for each in run.skipped),
        ends=tuple(each for run in runs for each in run.ends),
        server_limit=next((run.server_limit for run in reversed(runs) if run.server_limit is not None), None),
        interrupted=runs[-1].interrupted,
    )


def summaries(parts: Sequence[Part]) -> tuple[WorkloadSummary, ...]:
    """How many requests each workload gave, of how many routes, and which routes no other one called."""
    called = [{each.endpoint for each in part.run.exchanges if each.route} for part in parts]
    found = []
    for number, part in enumerate(parts):
        others = set().union(*called[:number], *called[number + 1 :])
        found.append(
            WorkloadSummary(
                name=part.name,
                kind=part.kind,
                requests=len(part.run.exchanges),
                errors=sum(each.status == 0 or each.status >= 500 for each in part.run.exchanges),
                refused=sum(400 <= each.status < 500 for each in part.run.exchanges),
                routes=len(called[number]),
                alone=tuple(sorted(called[number] - others)) if len(parts) > 1 else (),
            )
        )
    return tuple(found)
