"""Free times of a waiting room."""

from datetime import timedelta
from zoneinfo import ZoneInfo

from openward.care import organizations
from openward.care.visits import store, windows
from openward.care.visits.model import Room
from openward.care.visits.windows import Span
from openward.care.work import Work

LONGEST = timedelta(days=31)
"""As much may be asked for at once."""


async def free_slots(work: Work, room: Room, span: Span, duration_s: int | None = None) -> tuple[int, list[int]]:
    """The length of the slots and the starts of the free ones that lie in `span`, in Unix seconds, earliest first.

    duration_s: None for the room's own. Starts that are past count only when `span` itself begins in the past.
    """
    length = duration_s or room.settings.slot_duration_s
    zone = await zone_of(work, room)
    taken = await store.taken(work, room.key, span)
    return length, windows.free_starts(room.settings, zone, span, length, taken)


async def zone_of(work: Work, room: Room) -> ZoneInfo:
    """The time zone that a room keeps: its own, else the organization's, else UTC."""
    name = room.settings.timezone
    if name is None:
        name = (await organizations.get(work, room.organization)).profile.timezone
    return ZoneInfo(name or "UTC")
