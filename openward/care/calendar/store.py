"""SQL of `calendar.event` and `calendar.attendee`: one event at a time, written, locked, deleted."""

from collections.abc import Sequence
from uuid import UUID

from openward.care.calendar.model import (
    Attendee,
    CalendarEvent,
    Completion,
    Details,
    EventType,
    Moment,
    Participant,
    Response,
)
from openward.care.work import MemberKey, OrganizationKey, PersonKey, Work
from openward.infra.db import Record

_COLUMNS = (
    "organization",
    "owner",
    "type",
    "title",
    "location",
    "description",
    "timezone",
    "is_all_day",
    "starts_at",
    "starts_said",
    "ends_at",
    "ends_said",
    "completed_at",
    "completed_said",
    "completed_by",
    "created_at",
    "created_by",
    "updated_at",
    "updated_by",
)
SELECT = "select e.key, " + ", ".join(f"e.{name}" for name in _COLUMNS) + " from calendar.event e"  # noqa: S608


def _values(event: CalendarEvent) -> list[object]:
    said = event.details
    done = said.completion
    return [
        event.organization,
        event.owner,
        said.type,
        said.title,
        said.location,
        said.description,
        said.timezone,
        said.is_all_day,
        said.starts.at,
        said.starts.said,
        said.ends.at if said.ends else None,
        said.ends.said if said.ends else None,
        done.at.at if done else None,
        done.at.said if done else None,
        done.by if done else None,
        event.created_at,
        event.created_by,
        event.updated_at,
        event.updated_by,
    ]


async def insert(work: Work, event: CalendarEvent) -> None:
    """Keep a new event, without those who come."""
    places = ", ".join(f"${place}" for place in range(2, len(_COLUMNS) + 2))
    await work.tx.execute(
        f"insert into calendar.event (key, {', '.join(_COLUMNS)}) values ($1, {places})",  # noqa: S608 -- constants
        event.key,
        *_values(event),
    )


async def update(work: Work, event: CalendarEvent) -> None:
    """Write all of a locked event, without those who come."""
    changes = ", ".join(f"{name} = ${place}" for place, name in enumerate(_COLUMNS, 2))
    await work.tx.execute(
        f"update calendar.event set {changes} where key = $1",  # noqa: S608 -- constants
        event.key,
        *_values(event),
    )


async def delete(work: Work, key: UUID) -> None:
    """Forget an event and who was to come."""
    await work.tx.execute("delete from calendar.event where key = $1", key)


async def get(work: Work, key: UUID) -> CalendarEvent | None:
    """One event."""
    found = await complete(work, await work.tx.fetch(f"{SELECT} where e.key = $1", key))
    return found[0] if found else None


async def lock(work: Work, key: UUID) -> CalendarEvent | None:
    """One event, held until the end of the work."""
    found = await complete(work, await work.tx.fetch(f"{SELECT} where e.key = $1 for update", key))
    return found[0] if found else None


async def complete(work: Work, rows: Sequence[Record]) -> list[CalendarEvent]:
    """Rows of `SELECT` as events with those who come, in the order of the rows; one statement for all."""
    if not rows:
        return []
    coming: dict[UUID, list[Attendee]] = {row["key"]: [] for row in rows}
    for one in await work.tx.fetch(
        "select event, key, participant, is_coach, status, is_reminded from calendar.attendee"
        " where event = any($1::uuid[]) order by event, place",
        list(coming),
    ):
        coming[one["event"]].append(
            Attendee(
                one["key"],
                Participant(one["participant"], one["is_coach"]),
                Response(one["status"]),
                one["is_reminded"],
            )
        )
    return [_event(row, tuple(coming[row["key"]])) for row in rows]


def _event(row: Record, attendees: tuple[Attendee, ...]) -> CalendarEvent:
    completion = None
    if row["completed_at"] is not None:
        completion = Completion(Moment(row["completed_at"], row["completed_said"]), MemberKey(row["completed_by"]))
    details = Details(
        type=EventType(row["type"]),
        title=row["title"],
        starts=Moment(row["starts_at"], row["starts_said"]),
        ends=None if row["ends_at"] is None else Moment(row["ends_at"], row["ends_said"]),
        timezone=row["timezone"],
        is_all_day=row["is_all_day"],
        location=row["location"],
        description=row["description"],
        completion=completion,
    )
    return CalendarEvent(
        key=row["key"],
        organization=OrganizationKey(row["organization"]),
        owner=PersonKey(row["owner"]),
        details=details,
        attendees=attendees,
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        created_by=row["created_by"],
        updated_by=row["updated_by"],
    )


async def put_attendees(work: Work, event: UUID, attendees: Sequence[Attendee]) -> None:
    """Exactly these come from now on, in this order."""
    await work.tx.execute(
        "delete from calendar.attendee where event = $1 and not key = any($2::uuid[])",
        event,
        [one.key for one in attendees],
    )
    await work.tx.execute(
        "insert into calendar.attendee (key, event, participant, is_coach, place, status, is_reminded)"
        " select key, $1, participant, is_coach, place, status, is_reminded"
        " from unnest($2::uuid[], $3::uuid[], $4::bool[], $5::text[], $6::bool[])"
        "  with ordinality as given (key, participant, is_coach, status, is_reminded, place)"
        " on conflict (key) do update set place = excluded.place, status = excluded.status,"
        "  is_reminded = excluded.is_reminded",
        event,
        [one.key for one in attendees],
        [one.participant.key for one in attendees],
        [one.participant.is_coach for one in attendees],
        [one.status for one in attendees],
        [one.is_reminded for one in attendees],
    )
