"""Reading events; every look at one is noted in the audit."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from openward.care import audit
from openward.care.calendar import list_store, store
from openward.care.calendar.model import CalendarEvent, Wanted
from openward.care.errors import NotFound
from openward.care.work import Work

WHAT = "calendar event"
NOT_FOUND = "there is no such event"


async def get(work: Work, key: UUID) -> CalendarEvent:
    """One event of whatever organization, or `NotFound`; who may not see it is refused by the caller."""
    found = await store.get(work, key)
    if found is None:
        raise NotFound(NOT_FOUND)
    note_reads(work, [found])
    return found


async def count(work: Work, wanted: Wanted) -> int:
    """How many events there are."""
    return await list_store.count(work, wanted)


async def page(
    work: Work, wanted: Wanted, limit: int, *, after: tuple[datetime, UUID] | None = None, offset: int = 0
) -> list[CalendarEvent]:
    """In the order in which they were made: behind the creation time and key of another, or from `offset` on."""
    found = await list_store.page(work, wanted, after, offset, limit)
    note_reads(work, found)
    return found


async def by_start(work: Work, wanted: Wanted, limit: int) -> list[CalendarEvent]:
    """The earliest ones, by when they start."""
    found = await list_store.by_start(work, wanted, limit)
    note_reads(work, found)
    return found


def note_reads(work: Work, events: Sequence[CalendarEvent]) -> None:
    """A list notes every patient whose events it shows."""
    for event in events:
        audit.note(work, "read", WHAT, event.owner, event.organization)
