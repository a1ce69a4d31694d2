"""A Code Quality report of GitLab: an array of findings with `description`, `check_name`, `fingerprint`, `severity` and `location`.

Each needs a path, so a remark that is about no place in the code stands at the first line of `pyproject.toml`.
"""

from __future__ import annotations

from collections import Counter

from pitstop.data import Location, Report
from pitstop.reports.annotations import annotate
from pitstop.reports.json import written

_SEVERITIES = {"error": "critical", "warning": "major", "note": "minor"}
_NOWHERE = Location(path="pyproject.toml", line=1)


def render(report: Report) -> str:
    """The array as JSON; GitLab takes the file as the artifact `codequality`."""
    folder = report.project.folder
    seen: Counter[str] = Counter()
    found = []
    for each in annotate(report):
        place = each.location or _NOWHERE
        seen[each.fingerprint] += 1
        # GitLab drops a second one of the same fingerprint.
        number = f"-{seen[each.fingerprint]}" if seen[each.fingerprint] > 1 else ""
        found.append(
            {
                "description": each.message,
                "check_name": each.rule,
                "fingerprint": each.fingerprint + number,
                "severity": _SEVERITIES[each.level],
                "content": {"body": "\n".join(each.details)},
                "location": {
                    "path": f"{folder}/{place.path}" if folder else place.path,
                    "lines": {"begin": place.line, "end": max(place.line, place.end_line)},
                },
            }
        )
    return written(found)
