"""SQL of lists of events, and of merges of organizations."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from openward.care.calendar import store
from openward.care.calendar.model import Between, CalendarEvent, Wanted
from openward.care.work import MemberKey, OrganizationKey, PersonKey, Work

_SPANS = {"starts": "starts_at", "ends": "ends_at", "completed": "completed_at", "created": "created_at"}
_SPANS |= {"updated": "updated_at"}


def _where(wanted: Wanted) -> tuple[str, list[object]]:
    """Only what is asked for stands in the statement, so that each question finds its index."""
    values: list[object] = [wanted.organization]
    parts = ["e.organization = $1"]

    def add(part: str, value: object) -> None:
        values.append(value)
        parts.append(part.replace("$", f"${len(values)}"))

    if wanted.owner is not None:
        add("e.owner = $", wanted.owner)
    if wanted.groups is not None:
        add(
            "exists (select from calendar.place p where p.organization = e.organization and p.person = e.owner"
            " and p.patient_group = any($::uuid[]))",
            list(wanted.groups),
        )
    if wanted.attendees is not None:
        add("e.key in (select event from calendar.attendee where participant = any($::uuid[]))", list(wanted.attendees))
    if wanted.type is not None:
        add("e.type = $", wanted.type)
    if wanted.is_completed is not None:
        parts.append(f"e.completed_at is {'not ' if wanted.is_completed else ''}null")
    for name, column in _SPANS.items():
        span: Between | None = getattr(wanted, name)
        if span is not None:
            parts.append(f"e.{column} is not null")
            if span.start is not None:
                add(f"e.{column} >= $", span.start)
            if span.end is not None:
                add(f"e.{column} < $", span.end)
    return " where " + " and ".join(parts), values


async def count(work: Work, wanted: Wanted) -> int:
    """How many there are."""
    where, values = _where(wanted)
    question = "select count(*) from calendar.event e" + where  # noqa: S608 -- constants and numbers of parameters
    return int(await work.tx.fetchval(question, *values))


async def page(
    work: Work, wanted: Wanted, after: tuple[datetime, UUID] | None, offset: int, limit: int
) -> list[CalendarEvent]:
    """In the order in which they were made: behind `after`, or from `offset` on."""
    where, values = _where(wanted)
    if after is not None:
        where += f" and (e.created_at, e.key) > (${len(values) + 1}, ${len(values) + 2})"
        values += after
    end = f" order by e.created_at, e.key offset ${len(values) + 1} limit ${len(values) + 2}"
    return await store.complete(work, await work.tx.fetch(store.SELECT + where + end, *values, offset, limit))


async def by_start(work: Work, wanted: Wanted, limit: int) -> list[CalendarEvent]:
    """The earliest ones, by when they start."""
    where, values = _where(wanted)
    end = f" order by e.starts_at, e.key limit ${len(values) + 1}"
    return await store.complete(work, await work.tx.fetch(store.SELECT + where + end, *values, limit))


async def last_done(work: Work, organization: OrganizationKey, owners: Sequence[PersonKey]) -> list[CalendarEvent]:
    """The event of each of these patients that was completed last."""
    latest = "e.completed_at is not null order by e.completed_at desc, e.key limit 1"
    return await _one_each(work, organization, owners, latest)


async def next_open(
    work: Work, organization: OrganizationKey, owners: Sequence[PersonKey], start: datetime
) -> list[CalendarEvent]:
    """The first event of each of these patients that starts then or later and is not completed."""
    earliest = "e.completed_at is null and e.starts_at >= $3 order by e.starts_at, e.key limit 1"
    return await _one_each(work, organization, owners, earliest, start)


async def _one_each(
    work: Work, organization: OrganizationKey, owners: Sequence[PersonKey], condition: str, *values: object
) -> list[CalendarEvent]:
    rows = await work.tx.fetch(
        f"select e.* from unnest($2::uuid[]) given(owner) cross join lateral ({store.SELECT}"  # noqa: S608 -- constants
        f" where e.organization = $1 and e.owner = given.owner and {condition}) e",
        organization,
        list(owners),
        *values,
    )
    return await store.complete(work, rows)


async def move(
    work: Work, source: OrganizationKey, target: OrganizationKey, members: Sequence[tuple[MemberKey, MemberKey]]
) -> None:
    """Events belong to the target; who was a member of both is the one that stays, and comes once."""
    gone, kept = [one for one, _ in members], [one for _, one in members]
    await work.tx.execute(
        "update calendar.event set organization = $2 where organization = $1",
        source,
        target,
    )
    await work.tx.execute(
        "delete from calendar.attendee a using unnest($1::uuid[], $2::uuid[]) r(gone, kept)"
        " where a.participant = r.gone and exists (select from calendar.attendee o where o.event = a.event"
        "  and o.participant = r.kept)",
        gone,
        kept,
    )
    await work.tx.execute(
        "update calendar.attendee a set participant = r.kept from unnest($1::uuid[], $2::uuid[]) r(gone, kept)"
        " where a.participant = r.gone",
        gone,
        kept,
    )
    for column in ("completed_by", "created_by", "updated_by"):
        await work.tx.execute(
            f"update calendar.event e set {column} = r.kept"  # noqa: S608 -- constants
            f" from unnest($2::uuid[], $3::uuid[]) r(gone, kept) where e.organization = $1 and e.{column} = r.gone",
            target,
            gone,
            kept,
        )
