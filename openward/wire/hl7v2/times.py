"""Moments as messages write them: as exact as they like, with or without a zone."""

import re
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from typing import Final

_MOMENT: Final = re.compile(
    r"(\d{4})(?:(\d\d)(?:(\d\d)(?:(\d\d)(?:(\d\d)(?:(\d\d)(?:\.(\d{1,6})\d*)?)?)?)?)?)?([+-]\d{4})?\Z", re.ASCII
)


def read_moment(text: str, zone: tzinfo) -> datetime | None:
    """A moment, aware; one without a zone is in `zone`, a missing part is its first. None when it cannot be read."""
    found = _MOMENT.match(text.strip())
    if found is None:
        return None
    year, month, day, hour, minute, second, fraction = found.groups()[:7]
    offset = found[8]
    try:
        where: tzinfo = zone
        if offset:
            span = timedelta(hours=int(offset[1:3]), minutes=int(offset[3:]))
            where = timezone(-span if offset[0] == "-" else span)
        micro = int((fraction or "0").ljust(6, "0"))
        wall = datetime(
            int(year), int(month or 1), int(day or 1), int(hour or 0), int(minute or 0), int(second or 0), micro, where
        )
        return wall.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def read_day(text: str) -> tuple[date | None, bool]:
    """A day as it is written, whatever its zone, and whether the text can be read; a mere year or month is no day."""
    found = _MOMENT.match(text.strip())
    if found is None:
        return None, False
    if not found[3]:
        return None, True
    try:
        day = date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError:
        return None, False
    return day, day.year > 1


def write_moment(moment: datetime) -> str:
    """A moment in UTC, to the millisecond."""
    utc = moment.astimezone(UTC)
    return f"{utc:%Y%m%d%H%M%S}.{utc.microsecond // 1000:03d}+0000"
