"""When a waiting room is open and what of it is free: pure arithmetic on whole Unix seconds."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from openward.care.visits.model import RoomSettings

Span = tuple[int, int]
"""Start and end, half-open, in Unix seconds."""


def free_starts(room: RoomSettings, zone: ZoneInfo, span: Span, length_s: int, taken: Sequence[Span]) -> list[int]:
    """Starts of the slots that lie in `span` and are free, earliest first.

    Solo: in every opening window slots follow each other from its opening on, none ends behind its closing; a slot is
    taken when it overlaps as many visits (`taken`) as the room has places.
    Linear in the slots of the span times the logarithm of the number of visits.
    """
    begins = sorted(begin for begin, _ in taken)
    ends = sorted(end for _, end in taken)
    found: set[int] = set()
    for opens, closes in openings(room, zone, span):
        # The first slot that may count, without a walk through those before it.
        first = opens + max(0, -(-(span[0] - opens) // length_s)) * length_s
        for start in range(first, min(closes, span[1]) - length_s + 1, length_s):
            # Those that begin before the slot ends, less those that have ended when it begins.
            if bisect_left(begins, start + length_s) - bisect_right(ends, start) < room.capacity:
                found.add(start)
    return sorted(found)


def has_place(slot: Span, taken: Sequence[Span], capacity: int) -> bool:
    """Whether a visit at that time finds a place beside those that overlap it."""
    return sum(begin < slot[1] and end > slot[0] for begin, end in taken) < capacity


def openings(room: RoomSettings, zone: ZoneInfo, span: Span) -> Iterator[Span]:
    """The opening windows of every day that touches `span`, closed dates left out."""
    # A day more on either side: no zone is further from UTC than that.
    day = datetime.fromtimestamp(span[0], UTC).date() - timedelta(days=1)
    last = datetime.fromtimestamp(span[1], UTC).date() + timedelta(days=1)
    closed = frozenset(room.closed)
    while day <= last:
        if day not in closed:
            for window in room.hours.get(day.weekday(), ()):
                yield moment(day, window.opens_min, zone), moment(day, window.closes_min, zone)
        day += timedelta(days=1)


def moment(day: date, minutes: int, zone: ZoneInfo) -> int:
    """The Unix second at which the clocks of a zone show so many minutes after midnight.

    A time that the clocks show twice is the first of the two; one that they skip is the moment of the jump.
    """
    local = datetime(day.year, day.month, day.day, tzinfo=zone) + timedelta(minutes=minutes)
    found = int(local.timestamp())
    after_jump = int(local.replace(fold=1).timestamp())
    if after_jump >= found:
        return found
    # Skipped: read by the clock before the jump the time comes too late, by the clock after it too early.
    early, late = after_jump, found
    new = zone.utcoffset(datetime.fromtimestamp(late, zone).replace(fold=0))
    while late - early > 1:
        middle = (early + late) // 2
        if datetime.fromtimestamp(middle, zone).utcoffset() == new:
            late = middle
        else:
            early = middle
    return late
