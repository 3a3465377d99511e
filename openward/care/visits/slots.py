"""Free times of a waiting room."""

from zoneinfo import ZoneInfo

from openward.care import organizations
from openward.care.visits import store, windows
from openward.care.visits.model import Room
from openward.care.visits.windows import Span
from openward.care.work import Work


async def free_slots(work: Work, room: Room, span: Span, length_s: int) -> list[int]:
    """The starts of the free slots of this length that lie in `span`, in Unix seconds, earliest first.

    Slots that are past are among them when `span` begins in the past: who asks for the past is told of it.
    """
    zone = await zone_of(work, room)
    taken = await store.taken(work, room.key, span)
    return windows.free_starts(room.settings, zone, span, length_s, taken)


async def zone_of(work: Work, room: Room) -> ZoneInfo:
    """The time zone that a room keeps: its own, else the organization's, else UTC."""
    name = room.settings.timezone
    if name is None:
        name = (await organizations.get(work, room.organization)).profile.timezone
    return ZoneInfo(name or "UTC")
