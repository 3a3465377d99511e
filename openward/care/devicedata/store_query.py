"""SQL that reads data: blocks of rows for answers, columns of numbers for statistics."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from openward.care.work import PersonKey, Work

_BLOCK = 4000
_FIRST_BLOCK = 500
"""Fewer rows at first, so that the first byte leaves early."""


@dataclass(slots=True)
class Chosen:
    """Which rows to read; `data_sets` are visible ones of the subject, `shapes` (set, number) or None for all of them.

    `without`: (kinds, sets, since) whose later rows are left out. `covered`: spans of cloud sources; sensor readings
    (kind `cbg`) within one are left out unless their set is in `cloud_sets`.
    """

    subject: int
    kinds: Sequence[int]
    data_sets: Sequence[int]
    has_hidden: bool
    start: datetime | None = None
    end: datetime | None = None
    shapes: Sequence[tuple[int, int]] | None = None
    without: tuple[Sequence[int], Sequence[int], datetime] | None = None
    cbg: int = 0
    cloud_sets: Sequence[int] = ()
    covered: Sequence[tuple[datetime, datetime]] = field(default_factory=tuple)


def _where(chosen: Chosen) -> tuple[str, list[object]]:
    values: list[object] = [chosen.subject, list(chosen.kinds)]
    parts = ["d.subject = $1", "d.kind = any($2::smallint[])"]

    def put(text: str, *more: object) -> None:
        first = len(values) + 1
        values.extend(more)
        parts.append(text.format(*(f"${first + place}" for place in range(len(more)))))

    if chosen.start is not None:
        put("d.time >= {}", chosen.start)
    if chosen.end is not None:
        put("d.time <= {}", chosen.end)
    put("d.data_set = any({}::int[])", list(chosen.data_sets))
    if chosen.shapes is not None:
        put(
            "(d.data_set::bigint << 16 | d.shape) = any({}::bigint[])",
            [data_set << 16 | number for data_set, number in chosen.shapes],
        )
    if chosen.has_hidden:
        put("not exists (select from devicedata.hidden h where h.data_set = d.data_set and h.ordinal = d.ordinal)")
    if chosen.without is not None:
        kinds, sets, since = chosen.without
        put(
            "not (d.kind = any({}::smallint[]) and d.data_set = any({}::int[]) and d.time >= {})",
            list(kinds),
            list(sets),
            since,
        )
    if chosen.covered:
        put(
            "not (d.kind = {}::smallint and d.data_set <> all({}::int[]) and exists (select from"
            " unnest({}::timestamptz[], {}::timestamptz[]) as c (low, high) where d.time between c.low and c.high))",
            chosen.cbg,
            list(chosen.cloud_sets),
            [low for low, _ in chosen.covered],
            [high for _, high in chosen.covered],
        )
    return " and ".join(parts), values


Found = tuple[float, float | None, int, int, int, bytes | None]
"""seconds since 1970, value, data set, ordinal, shape, detail."""

# A number of seconds is made into text by the thousand far more quickly than a timestamp.
_FOUND = "date_part('epoch', d.time), d.value, d.data_set, d.ordinal, d.shape, d.detail"


async def blocks(work: Work, chosen: Chosen, *, newest_first: bool = False) -> AsyncIterator[Sequence[Found]]:
    """Rows in blocks of some thousand, read as they are asked for."""
    where, values = _where(chosen)
    order = " order by d.time desc, d.data_set, d.ordinal" if newest_first else ""
    cursor = await work.tx.cursor(
        f"select {_FOUND} from devicedata.datum d where {where}{order}",  # noqa: S608 -- built from constants
        *values,
    )
    size = 1 if newest_first else _FIRST_BLOCK
    while rows := await cursor.fetch(size):
        yield rows
        size = min(size * 8, _BLOCK)


@dataclass(frozen=True, slots=True)
class Columns:
    """Columns as PostgreSQL sends numbers: big-endian; times in microseconds since 2000."""

    times: bytes
    values: bytes
    data_sets: bytes
    ordinals: bytes
    shapes: bytes
    kinds: bytes


async def columns(work: Work, chosen: Chosen) -> Columns:
    """All chosen rows that have a value, as columns in no order: nothing is built per row on either side."""
    where, values = _where(chosen)
    row = await work.tx.fetchrow(
        "select coalesce(string_agg(timestamptz_send(d.time), ''), '') times,"  # noqa: S608 -- built from constants
        " coalesce(string_agg(float8send(d.value), ''), '') \"values\","
        " coalesce(string_agg(int4send(d.data_set), ''), '') data_sets,"
        " coalesce(string_agg(int4send(d.ordinal), ''), '') ordinals,"
        " coalesce(string_agg(int2send(d.shape), ''), '') shapes,"
        " coalesce(string_agg(int2send(d.kind), ''), '') kinds"
        f" from devicedata.datum d where d.value is not null and {where}",
        *values,
    )
    return Columns(**dict(row))


async def newest(
    work: Work, person: PersonKey, kinds: Sequence[int], since: datetime, until: datetime, *, is_continuous: bool
) -> datetime | None:
    """The time of the newest visible row; the index is walked back from `until`, so the first one is near."""
    found: datetime | None = await work.tx.fetchval(
        "select max(f.time) from devicedata.subject u, unnest($2::smallint[]) k, lateral ("
        " select d.time from devicedata.datum d join devicedata.data_set s on s.key = d.data_set"
        " where d.subject = u.key and d.kind = k and d.time between $3 and $4 and s.is_active and s.deleted_at is null"
        " and ($5 is false or s.type = 'continuous') and (s.hidden = 0 or not exists (select from devicedata.hidden h"
        " where h.data_set = d.data_set and h.ordinal = d.ordinal)) order by d.time desc limit 1) f"
        # Who has no continuous set at all is told so without a look at the data.
        " where u.person = $1 and ($5 is false or exists (select from devicedata.data_set c where c.subject = u.key"
        " and c.type = 'continuous' and c.deleted_at is null))",
        person,
        list(kinds),
        since,
        until,
        is_continuous,
    )
    return found
