"""One line for each remark, as compilers write them: `path:line:column: level rule: message`. For editors, logs and grep."""

from __future__ import annotations

from pitstop.data import Report
from pitstop.reports.annotations import Annotation, annotate
from pitstop.reports.layout import clean
from pitstop.reports.words import headline, routes_of


def render(report: Report) -> str:
    """The lines, the worst first, and one that says what they come to."""
    lines = [_line(each) for each in annotate(report)]
    if told := headline(report):
        lines.append(told)
    return "".join(clean(" ".join(line.split())) + "\n" for line in lines)


def _line(each: Annotation) -> str:
    place = f"{each.location.path}:{each.location.line}:{each.location.column}: " if each.location else ""
    routes = routes_of(each.finding) if each.finding is not None else []
    more = f" and {len(routes) - 1} more" if len(routes) > 1 else ""
    served = f" ({routes[0]}{more})" if routes else ""
    return f"{place}{each.level} {each.rule}: {each.message}{served} [{each.fingerprint}]"
