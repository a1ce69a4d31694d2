"""Meetings, in the zones of those who meet."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


def zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise ValueError(f"there is no zone {name}") from None


def local(start: datetime, name: str) -> datetime:
    """A moment in a zone; one without zone is meant there."""
    if start.tzinfo is None:
        return start.replace(tzinfo=zone(name))
    return start.astimezone(zone(name))


def end_of(start: datetime, minutes: int) -> datetime:
    return (start.astimezone(UTC) + timedelta(minutes=minutes)).astimezone(start.tzinfo)


def weekly(start: datetime, count: int) -> list[datetime]:
    """The same hour each week, whatever the clocks do."""
    return [start + timedelta(weeks=number) for number in range(count)]


def overlap(one: tuple[datetime, datetime], other: tuple[datetime, datetime]) -> bool:
    return one[0] < other[1] and other[0] < one[1]


def quarter(day: date) -> str:
    return f"{day.year}-Q{(day.month - 1) // 3 + 1}"


def working_days(first: date, last: date) -> int:
    days = (last - first).days + 1
    return sum((first + timedelta(days=number)).weekday() < 5 for number in range(days))


def stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
