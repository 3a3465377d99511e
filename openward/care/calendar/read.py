"""Reading events; every look at one is noted in the audit."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from openward.care import audit
from openward.care.calendar import list_store, store
from openward.care.calendar.model import CalendarEvent, Wanted
from openward.care.errors import NotFound
from openward.care.work import OrganizationKey, PersonKey, Work

WHAT = "calendar event"
_LATE = timedelta(days=1)  # an all-day event of today has begun
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


async def around(
    work: Work, organization: OrganizationKey, owners: Sequence[PersonKey]
) -> tuple[dict[PersonKey, CalendarEvent], dict[PersonKey, CalendarEvent]]:
    """Of these patients the event that was completed last, and the next one that is open, since yesterday."""
    done = await list_store.last_done(work, organization, owners)
    coming = await list_store.next_open(work, organization, owners, work.now - _LATE)
    note_reads(work, [*done, *coming])
    return {one.owner: one for one in done}, {one.owner: one for one in coming}


def note_reads(work: Work, events: Sequence[CalendarEvent]) -> None:
    """A list notes every patient whose events it shows."""
    for event in events:
        audit.note(work, "read", WHAT, event.owner, event.organization)
