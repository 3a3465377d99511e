"""SQL that reads data: blocks of rows for answers, columns of numbers for statistics."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from openward.care.devicedata.store_data import Stored
from openward.care.work import Work

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


_STORED = "d.time, d.value, d.data_set, d.ordinal, d.shape, d.detail"


async def blocks(work: Work, chosen: Chosen, *, newest_first: bool = False) -> AsyncIterator[Sequence[Stored]]:
    """Rows in blocks of some thousand, read as they are asked for."""
    where, values = _where(chosen)
    order = " order by d.time desc, d.data_set, d.ordinal" if newest_first else ""
    cursor = await work.tx.cursor(
        f"select {_STORED} from devicedata.datum d where {where}{order}",  # noqa: S608 -- built from constants
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
