"""The only SQL of the room: `summaries.summary`, `summaries.day` and `summaries.mark`."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from openward.care.summaries.buckets import BUCKET_DTYPE
from openward.care.summaries.continuous import CONTINUOUS_DTYPE
from openward.care.summaries.model import Kind
from openward.care.work import PersonKey, Work
from openward.infra.db import Record
from openward.infra.jobs import lock_number

LAYOUT = {Kind.CGM: BUCKET_DTYPE, Kind.BGM: BUCKET_DTYPE, Kind.CONTINUOUS: CONTINUOUS_DTYPE}


@dataclass(frozen=True, slots=True)
class Mark:
    """One note that data of these kinds, measured from `earliest` to `latest`, came, changed or went."""

    kinds: tuple[Kind, ...]
    at: datetime
    reason: str
    earliest: datetime
    latest: datetime


@dataclass(frozen=True, slots=True)
class Row:
    """A kept summary; `periods` is encoded."""

    key: UUID
    version: str
    updated_at: datetime
    updated_reason: tuple[str, ...]
    last_upload: datetime | None
    first_data: datetime | None
    last_data: datetime | None
    periods: bytes


async def lock(work: Work, person: PersonKey) -> None:
    """Keep other computations of this person's summaries waiting; there may be no row to lock yet."""
    await work.tx.execute("select pg_advisory_xact_lock($1)", lock_number(f"summary:{person}"))


async def add_mark(work: Work, person: PersonKey, mark: Mark) -> None:
    """Add one mark."""
    await work.tx.execute(
        "insert into summaries.mark (person, kinds, at, reason, earliest, latest) values ($1, $2, $3, $4, $5, $6)",
        person,
        [kind.value for kind in mark.kinds],
        mark.at,
        mark.reason,
        mark.earliest,
        mark.latest,
    )


async def add_marks(work: Work, marks: Mapping[PersonKey, Mark]) -> None:
    """Add a mark for each of many people, all of the same kinds and reason."""
    given = list(marks.values())
    await work.tx.execute(
        "insert into summaries.mark (person, kinds, at, reason, earliest, latest)"
        " select person, $2, $3, $4, low, high"
        " from unnest($1::uuid[], $5::timestamptz[], $6::timestamptz[]) m(person, low, high)",
        list(marks),
        [kind.value for kind in given[0].kinds],
        given[0].at,
        given[0].reason,
        [mark.earliest for mark in given],
        [mark.latest for mark in given],
    )


async def marks(work: Work, person: PersonKey) -> list[Mark]:
    """What waits to be computed, oldest first."""
    rows = await work.tx.fetch(
        "select kinds, at, reason, earliest, latest from summaries.mark where person = $1 order by at", person
    )
    return [_mark(row) for row in rows]


async def take_marks(work: Work, person: PersonKey) -> list[Mark]:
    """The same, taken away: whoever takes them computes in this transaction. In no order."""
    rows = await work.tx.fetch(
        "delete from summaries.mark where person = $1 returning kinds, at, reason, earliest, latest", person
    )
    return [_mark(row) for row in rows]


def _mark(row: Record) -> Mark:
    kinds = tuple(Kind(kind) for kind in row["kinds"])
    return Mark(kinds, row["at"], row["reason"], row["earliest"], row["latest"])


async def waiting_since(work: Work, before: datetime, limit: int) -> list[PersonKey]:
    """People whose oldest mark was made before this moment, longest waiting first."""
    rows = await work.tx.fetch(
        "select person from summaries.mark group by person having min(at) < $1 order by min(at), person limit $2",
        before,
        limit,
    )
    return [PersonKey(row["person"]) for row in rows]


async def outdated(work: Work, kind: Kind, limit: int) -> list[PersonKey]:
    """People whose summary of this kind waits to be computed, longest waiting first."""
    rows = await work.tx.fetch(
        "select person from summaries.mark where $1 = any (kinds) group by person order by min(at), person limit $2",
        kind.value,
        limit,
    )
    return [PersonKey(row["person"]) for row in rows]


async def of_other_version(work: Work, version: str, kinds: Sequence[Kind], limit: int) -> list[PersonKey]:
    """People who have a summary of these kinds by other rules, and no mark."""
    # Written as two comparisons, since an index serves them and does not serve "differs from".
    rows = await work.tx.fetch(
        "select distinct person from summaries.summary s where (version < $1 or version > $1)"
        " and kind = any ($2::text[]) and not exists (select from summaries.mark m where m.person = s.person)"
        " order by person limit $3",
        version,
        [kind.value for kind in kinds],
        limit,
    )
    return [PersonKey(row["person"]) for row in rows]


async def summary(work: Work, person: PersonKey, kind: Kind) -> Row | None:
    """The kept summary, None when there is none."""
    row = await work.tx.fetchrow(
        "select key, version, updated_at, updated_reason, last_upload, first_data, last_data, periods"
        " from summaries.summary where person = $1 and kind = $2",
        person,
        kind.value,
    )
    return None if row is None else Row(**{**row, "updated_reason": tuple(row["updated_reason"])})


async def put_summary(work: Work, person: PersonKey, kind: Kind, row: Row) -> None:
    """Keep a summary in place of the last one."""
    await work.tx.execute(
        "insert into summaries.summary as s (person, kind, key, version, updated_at, updated_reason,"
        " last_upload, first_data, last_data, periods) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"
        " on conflict (person, kind) do update set version = excluded.version, updated_at = excluded.updated_at,"
        " updated_reason = excluded.updated_reason, last_upload = excluded.last_upload,"
        " first_data = excluded.first_data, last_data = excluded.last_data, periods = excluded.periods",
        person,
        kind.value,
        row.key,
        row.version,
        row.updated_at,
        list(row.updated_reason),
        row.last_upload,
        row.first_data,
        row.last_data,
        row.periods,
    )


async def delete_summary(work: Work, person: PersonKey, kind: Kind) -> None:
    """Remove a summary and its hours."""
    await work.tx.execute("delete from summaries.day where person = $1 and kind = $2", person, kind.value)
    await work.tx.execute("delete from summaries.summary where person = $1 and kind = $2", person, kind.value)


async def days(work: Work, person: PersonKey, kind: Kind) -> dict[date, bytes]:
    """The packed hours of each UTC day, ascending."""
    rows = await work.tx.fetch(
        "select day, hours from summaries.day where person = $1 and kind = $2 order by day", person, kind.value
    )
    return {row["day"]: row["hours"] for row in rows}


async def days_of_many(
    work: Work, people: Sequence[PersonKey], kind: Kind, first: date, last: date
) -> dict[PersonKey, dict[date, bytes]]:
    """The packed hours of the days from first to last, both included; people without any have an empty answer."""
    rows = await work.tx.fetch(
        "select person, day, hours from summaries.day"
        " where person = any ($1::uuid[]) and kind = $2 and day between $3 and $4",
        people,
        kind.value,
        first,
        last,
    )
    found: dict[PersonKey, dict[date, bytes]] = {person: {} for person in people}
    for row in rows:
        found[PersonKey(row["person"])][row["day"]] = row["hours"]
    return found


async def put_days(work: Work, person: PersonKey, kind: Kind, changed: Sequence[tuple[date, bytes]]) -> None:
    """Keep packed hours in place of what these days had."""
    if changed:
        await work.tx.execute(
            "insert into summaries.day (person, kind, day, hours)"
            " select $1, $2, * from unnest($3::date[], $4::bytea[])"
            " on conflict (person, kind, day) do update set hours = excluded.hours",
            person,
            kind.value,
            [day for day, _ in changed],
            [hours for _, hours in changed],
        )


async def delete_days(work: Work, person: PersonKey, kind: Kind, gone: Iterable[date]) -> None:
    """Remove whole days."""
    listed = list(gone)
    if listed:
        await work.tx.execute(
            "delete from summaries.day where person = $1 and kind = $2 and day = any ($3::date[])",
            person,
            kind.value,
            listed,
        )
