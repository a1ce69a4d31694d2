"""The files that requests read."""

from __future__ import annotations

from pitstop.measures import FileReads
from pitstop.traces.store import Traces

_QUERY = """
WITH reads AS (
    SELECT "file.path" AS file, "code.file.path" AS path, "code.line.number" AS line, "pitstop.run", "pitstop.exchange",
           count(*) AS times, max("file.size") AS size, sum(CASE WHEN "pitstop.on_loop" THEN 1 ELSE 0 END) AS on_loop
    FROM spans WHERE name = 'file.open' AND "file.path" <> '' GROUP BY ALL
)
SELECT file, path, line, sum(times), count(*), max(times), max(size), sum(on_loop)
FROM reads GROUP BY file, path, line
ORDER BY sum(times) * max(size) DESC, sum(times) DESC, file, path, line
"""


def files_read(traces: Traces) -> tuple[FileReads, ...]:
    """Each file by the line of the service that opened it, the one of which the most bytes were opened first."""
    return tuple(
        FileReads(
            file=str(file),
            path=str(path),
            line=int(line),
            reads=int(reads),
            requests=int(requests),
            most=int(most),
            bytes=int(size),
            on_loop=int(on_loop),
        )
        for file, path, line, reads, requests, most, size, on_loop in traces.sql(_QUERY)
    )
