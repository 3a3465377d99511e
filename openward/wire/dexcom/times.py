"""Dexcom's clocks: system time in UTC and what the display showed, written in many ways, made into our fields."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

_FORM: Final = re.compile(
    r"(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})"
    r"(?:[T ](?P<hour>\d{1,2})(?::(?P<minute>\d{1,2})(?::(?P<second>\d{1,2})(?:\.(?P<fraction>\d{1,9}))?)?)?)?"
    r" ?(?P<zone>Z|[+-]\d{2}(?::?\d{2}(?::\d{2})?)?)?\Z",
    re.ASCII,
)
_HALF_HOUR: Final = 1_800_000
_DAY_STEPS: Final = 48
_DAY_MS: Final = 86_400_000
_EPOCH: Final = datetime(1970, 1, 1)  # noqa: DTZ001 -- wall clocks are compared with it
_MS: Final = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Moment:
    """A wall clock, and its distance from UTC in minutes if it was written."""

    wall: datetime
    offset_min: int | None

    @property
    def instant_ms(self) -> int:
        """Milliseconds since 1970 in UTC; without a zone the wall clock is read as UTC."""
        return (self.wall - _EPOCH) // _MS - (self.offset_min or 0) * 60_000


def parse(text: object) -> Moment | None:
    """Read a time leniently: blanks for `T`, single digits, missing parts, fractions, zones; None if it is no time."""
    found = _FORM.match(text) if isinstance(text, str) else None
    if found is None:
        return None
    year, month, day, hour, minute, second = (int(part or 0) for part in found.groups()[:6])
    micros = int((found["fraction"] or "").ljust(6, "0")[:6])
    try:
        wall = datetime(year, month, day, hour, minute, second, micros)  # noqa: DTZ001 -- a wall clock
    except ValueError:
        return None
    return Moment(wall, _offset(found["zone"]))


def _offset(zone: str | None) -> int | None:
    if zone is None or zone == "Z":
        return 0 if zone else None
    digits = zone[1:].replace(":", "").ljust(6, "0")
    minutes = int(digits[:2]) * 60 + int(digits[2:4]) + (int(digits[4:6]) + 30) // 60
    return -minutes if zone[0] == "-" else minutes


def instant(moment: Moment) -> datetime:
    """The moment in UTC."""
    return datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=moment.instant_ms)


def clock_fields(system: str, display: str | None) -> dict[str, Any] | None:
    """`time`, and with a display also `deviceTime` and the offsets between both; None when a time cannot be read.

    The distance between display and system is split into half hours (the time zone, within -12 to +14 h), whole days
    (a wrong date) and the rest (a clock that drifts).
    """
    at = parse(system)
    if at is None:
        return None
    fields: dict[str, Any] = {"time": printed(at)}
    if display is None:
        return fields
    shown = parse(display)
    if shown is None:
        return None
    delta = shown.instant_ms - at.instant_ms
    steps = _nearest(delta)
    drift = delta - steps * _HALF_HOUR
    conversion = 0
    while steps > 28:
        steps -= _DAY_STEPS
        conversion += _DAY_MS
    while steps < -24:
        steps += _DAY_STEPS
        conversion -= _DAY_MS
    offset = steps * 30
    if shown.offset_min is not None:
        # What the display shows beside its own zone is no zone, but a clock that was set wrong.
        conversion += offset * 60_000
        offset = shown.offset_min
    fields["deviceTime"] = shown.wall.isoformat(timespec="seconds")[:19]
    fields["timezoneOffset"] = offset
    if drift:
        fields["clockDriftOffset"] = drift
    if conversion:
        fields["conversionOffset"] = conversion
    return fields


def printed(moment: Moment) -> str:
    """The instant as RFC 3339 in UTC, with a fraction only where there is one."""
    text = instant(moment).isoformat(timespec="milliseconds").removesuffix("+00:00")
    return text.removesuffix(".000") + "Z"


def _nearest(delta_ms: int) -> int:
    """How many half hours, to the nearest; half of one counts away from zero."""
    whole = (abs(delta_ms) + _HALF_HOUR // 2) // _HALF_HOUR
    return whole if delta_ms >= 0 else -whole
