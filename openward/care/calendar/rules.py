"""What an event has to be, and when those who come to it are reminded; plain values in, plain answers out."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from openward.care.calendar.model import MOST_ATTENDEES, Details, EventType, Participant
from openward.care.errors import Fault

ALL_DAY_NEEDED = "all-day-needed"
BLANK_TITLE = "blank-title"
END_NEEDED = "end-needed"
END_REFUSED = "end-refused"
END_TOO_EARLY = "end-too-early"
END_WITHIN_DAY = "end-within-day"
NOBODY = "nobody"
OTHER_DAY = "other-day"
START_WITHIN_DAY = "start-within-day"
TOO_MANY = "too-many"
TWICE = "twice"
ZONE_UNKNOWN = "zone-unknown"

_AHEAD = timedelta(hours=24)
_MORNING = time(9)


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def faults(details: Details) -> list[Fault]:
    """Every rule that an event breaks, each fault with one of the codes above."""
    codes = [] if details.title.strip() else [BLANK_TITLE]
    if details.timezone not in _zones():
        codes.append(ZONE_UNKNOWN)
    if details.type is EventType.PLAN_CHECK_IN:
        codes += [] if details.is_all_day else [ALL_DAY_NEEDED]
        codes += [] if details.ends is None else [END_REFUSED]
    elif details.ends is None:
        codes.append(END_NEEDED)
    codes += _of_times(details, ZoneInfo(details.timezone) if ZONE_UNKNOWN not in codes else None)
    return [Fault(code) for code in codes]


def _of_times(details: Details, zone: ZoneInfo | None) -> list[str]:
    """What the times break; where the zone is unknown nothing is said of days."""
    start, codes = details.starts.at, []
    if zone and details.is_all_day and not _begins_day(start, zone):
        codes.append(START_WITHIN_DAY)
    if details.ends is None or details.type is EventType.PLAN_CHECK_IN:
        return codes
    end = details.ends.at
    if zone and details.is_all_day and not _begins_day(end, zone):
        codes.append(END_WITHIN_DAY)
    if end < start or (end == start and not details.is_all_day):
        codes.append(END_TOO_EARLY)
    elif zone and not details.is_all_day and _local_day(start, zone) != _local_day(end, zone):
        codes.append(OTHER_DAY)
    return codes


def _local_day(moment: datetime, zone: ZoneInfo) -> date:
    return moment.astimezone(zone).date()


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    """The first moment of a day, also where clocks leap over midnight."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


def _begins_day(moment: datetime, zone: ZoneInfo) -> bool:
    """Whether this is midnight there or in UTC: published examples have both."""
    return moment == _midnight(moment.date(), ZoneInfo("UTC")) or moment == _midnight(_local_day(moment, zone), zone)


def day_of(details: Details, moment: datetime) -> date:
    """The calendar day of a time of this event: of an all-day one that is written as midnight UTC, the day there."""
    zone = ZoneInfo(details.timezone)
    local = _local_day(moment, zone)
    if details.is_all_day and moment != _midnight(local, zone):
        return moment.date()
    return local


def attendee_faults(participants: Sequence[Participant]) -> list[Fault]:
    """Nobody, too many, or somebody twice; the pointer is the place in the list, "" for the whole of it."""
    if not participants:
        return [Fault(NOBODY)]
    if len(participants) > MOST_ATTENDEES:
        return [Fault(TOO_MANY)]
    seen = set()
    found = []
    for place, participant in enumerate(participants):
        if participant.key in seen:
            found.append(Fault(TWICE, str(place)))
        seen.add(participant.key)
    return found


def remind_at(details: Details) -> datetime:
    """When those who come are reminded: a day ahead, of an all-day event at nine in the morning there.

    An event that is nothing but a reminder is mailed when it starts, or at nine on its day.
    """
    is_bare = details.type is EventType.REMINDER
    if not details.is_all_day:
        return details.starts.at if is_bare else details.starts.at - _AHEAD
    day = day_of(details, details.starts.at)
    morning = datetime.combine(day, _MORNING, ZoneInfo(details.timezone)).astimezone(UTC)
    return morning if is_bare else morning - _AHEAD


def remind_until(details: Details) -> datetime:
    """From then on a reminder comes too late: the start, or the end of the first day."""
    if details.is_all_day or details.type is EventType.REMINDER:
        day = day_of(details, details.starts.at)
        return _midnight(day + timedelta(days=1), ZoneInfo(details.timezone))
    return details.starts.at
