"""Instants as the wire writes them: RFC 3339 with a zone in, UTC with milliseconds out."""

import re
from datetime import UTC, datetime

# The pattern is stricter than the library's own reader, which also takes week dates, blanks and missing seconds.
_RFC3339 = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?(?:Z|[+-][0-9]{2}:[0-9]{2})")
_is_rfc3339 = _RFC3339.fullmatch
_from_iso = datetime.fromisoformat
_LOCAL = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}")

# The reference platform's zero time: it stands for "no time" there and is refused as an empty value.
ZERO = datetime(1, 1, 1, tzinfo=UTC)


def parse_instant(text: str) -> datetime | None:
    """Read RFC 3339 with a zone into aware UTC, cut to milliseconds; None if it is not that or leaves years 1..9999."""
    if _is_rfc3339(text) is None:
        return None
    try:
        moment = _from_iso(text)
        if moment.tzinfo is not UTC:
            moment = moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    micros = moment.microsecond
    if micros and micros % 1000:
        return moment.replace(microsecond=micros - micros % 1000)
    return moment


def print_instant(moment: datetime) -> str:
    """Print aware UTC as RFC 3339 with milliseconds, the fraction left out when it is zero."""
    text = moment.replace(tzinfo=None).isoformat(timespec="milliseconds" if moment.microsecond else "seconds")
    return text + "Z"


def is_local_time(text: str) -> bool:
    """Say whether this is `YYYY-MM-DDTHH:MM:SS`, a real date and time without zone and fraction."""
    if _LOCAL.fullmatch(text) is None:
        return False
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True
