"""SQL of reminders: which events are due, and what has been done about them."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from openward.care.calendar import store
from openward.care.calendar.model import CalendarEvent
from openward.care.work import Work


async def put_due(work: Work, key: UUID, at: datetime | None) -> None:
    """When those who come to an event are to be reminded next."""
    await work.tx.execute("update calendar.event set remind_at = $2 where key = $1", key, at)


async def take_due(work: Work, limit: int) -> list[CalendarEvent]:
    """Events whose time has come, held until the end of the work; those that somebody holds come another time."""
    rows = await work.tx.fetch(
        f"{store.SELECT} where e.remind_at <= $1 order by e.remind_at, e.key limit $2 for update skip locked",
        work.now,
        limit,
    )
    return await store.complete(work, rows)


async def finish(work: Work, events: Sequence[UUID], attendees: Sequence[UUID]) -> None:
    """These events are dealt with, and these who come to them have been told."""
    await work.tx.execute("update calendar.event set remind_at = null where key = any($1::uuid[])", list(events))
    await work.tx.execute(
        "update calendar.attendee set is_reminded = true where key = any($1::uuid[])", list(attendees)
    )
