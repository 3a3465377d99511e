"""SCH and its resources in care's words."""

import re
from datetime import datetime, timedelta, tzinfo
from typing import Final

from openward.care.ehr.feed import Refused, VisitSaid
from openward.wire.hl7v2.message import LONGEST, Message, Segment
from openward.wire.hl7v2.times import read_moment

_UNITS: Final = {"S": 1, "SEC": 1, "SECONDS": 1, "H": 3600, "HR": 3600, "HOUR": 3600, "HOURS": 3600}
_MINUTE: Final = 60
_LONGEST_S: Final = 86400
_STARTS: Final = (("TQ1", 7), ("AIS", 4), ("AIG", 8), ("AIL", 6), ("AIP", 6))
"""Where a start may stand when SCH-11 says none."""
_LENGTHS: Final = (("AIS", 7, 8), ("AIG", 11, 12), ("AIL", 9, 10), ("AIP", 9, 10))
_NUMBER: Final = re.compile(r"M?(\d{1,6})(?:\.0*)?\Z")


def read_visit(message: Message, zone: tzinfo) -> VisitSaid:
    """What a message says of an appointment; `Refused` for what cannot be read.

    Its name is the filler's, who keeps the schedule, else the placer's; it is looked for by both.
    """
    schedule = message.need("SCH")
    names = tuple(dict.fromkeys(name for field in (2, 1) if (name := schedule.value(field))))
    if not names or any(len(name) > LONGEST for name in names):
        raise Refused("appointment-missing")
    start = _start(message, schedule, zone)
    patient = message.one("PID")
    return VisitSaid(
        names=names,
        starts_at=start,
        duration_s=_duration_s(message, schedule, start, zone),
        reasons=_reasons(schedule),
        rooms=_codes(message, (("AIL", 3), ("AIG", 3), ("AIS", 3))),
        providers=_codes(message, (("AIP", 3), ("AIG", 3))),
        account_number=(patient.value(18)[:LONGEST] or None) if patient else None,
    )


def _start(message: Message, schedule: Segment, zone: tzinfo) -> datetime | None:
    places = [(part, field, 1) for name, field in _STARTS for part in message.all(name)]
    for part, field, component in [(schedule, 11, 4), *places]:
        text = part.value(field, component)
        if text:
            found = read_moment(text, zone)
            if found is None:
                raise Refused("time")
            return found.replace(microsecond=0)
    return None


def _duration_s(message: Message, schedule: Segment, start: datetime | None, zone: tzinfo) -> int | None:
    said = _length(schedule.value(9), schedule.value(10)) or _length(schedule.value(11, 3), "")
    if said is None:
        lengths = [
            _length(part.value(field), part.value(units))
            for name, field, units in _LENGTHS
            for part in message.all(name)
        ]
        said = next((one for one in lengths if one is not None), None)
    if said is None:
        said = _until_end(message, schedule, start, zone)
    if said is not None and not 1 <= said <= _LONGEST_S:
        raise Refused("duration")
    return said


def _length(text: str, units: str) -> int | None:
    """Seconds; minutes are meant unless other units are named."""
    if not text:
        return None
    found = _NUMBER.match(text.upper())
    if found is None:
        raise Refused("duration")
    return int(found[1]) * _UNITS.get(units.upper(), _MINUTE) or None


def _until_end(message: Message, schedule: Segment, start: datetime | None, zone: tzinfo) -> int | None:
    timing = message.one("TQ1")
    end = read_moment(schedule.value(11, 5) or (timing.value(8) if timing else ""), zone)
    if start is None or end is None:
        return None
    return (end - start) // timedelta(seconds=1)


def _reasons(schedule: Segment) -> tuple[str, ...] | None:
    """The reason of the appointment (SCH-7), null for none; that of the event (SCH-6) is about the message."""
    if not schedule.is_said(7):
        return None
    said = (one.value(2) or one.value(1) for one in schedule.repetitions(7))
    return tuple(reason for reason in said if reason)


def _codes(message: Message, places: tuple[tuple[str, int], ...]) -> tuple[str, ...]:
    """What resources are called: a location by all its parts and by each, others by code and by text."""
    found: list[str] = []
    for name, field in places:
        for part in message.all(name):
            for one in part.repetitions(field):
                values = [one.value(component) for component in (1, 2, 3)]
                found += ["^".join(values).rstrip("^"), *values]
    return tuple(dict.fromkeys(code for code in found if code))
