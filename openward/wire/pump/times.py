"""The pump cloud's times: the device's own clock with its distance from UTC, and the zone that it is set to."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, Final
from zoneinfo import ZoneInfo

_MS: Final = timedelta(milliseconds=1)


def instant(text: object, zone: ZoneInfo | None) -> datetime | None:
    """An ISO 8601 time in UTC; one without a distance from UTC is read in the zone. None if that cannot be."""
    found = _parsed(text)
    if found is None or (found.tzinfo is None and zone is None):
        return None
    aware = found if found.tzinfo else found.replace(tzinfo=zone)
    try:
        return aware.astimezone(UTC)
    except OverflowError:
        return None


def clock_fields(record: Mapping[str, Any]) -> dict[str, Any] | None:
    """`time`, `deviceTime`, `timezone` and the offsets between them; None when the device time cannot be read.

    Source: the partner guide, "Device System Time" and "Device Time Zone". Where the device's clock does not show its
    zone's time (as when it writes UTC), `conversionOffset` holds the rest.
    """
    zone = zone_of(record.get("timezone"))
    shown, at = _parsed(record.get("deviceTime")), instant(record.get("deviceTime"), zone)
    if shown is None or at is None:
        return None
    wall = shown.replace(tzinfo=None)
    fields: dict[str, Any] = {"time": printed(at), "deviceTime": wall.isoformat(timespec="seconds")}
    away = (at.astimezone(zone) if zone else shown).utcoffset() or timedelta()
    fields["timezoneOffset"] = int(away.total_seconds() // 60)
    if zone is not None:
        fields["timezone"] = zone.key
    rest = wall - at.replace(tzinfo=None) - timedelta(minutes=fields["timezoneOffset"])
    if rest:
        fields["conversionOffset"] = rest // _MS
    return fields


def zone_of(name: object) -> ZoneInfo | None:
    """A zone of the IANA database, or None for anything else."""
    return _zone(name) if isinstance(name, str) and name else None


@lru_cache(maxsize=1024)
def _zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return None


def printed(at: datetime) -> str:
    """RFC 3339 in UTC, with a fraction only where there is one."""
    text = at.astimezone(UTC).isoformat(timespec="milliseconds").removesuffix("+00:00")
    return text.removesuffix(".000") + "Z"


def _parsed(text: object) -> datetime | None:
    if not isinstance(text, str) or "T" not in text:
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None
