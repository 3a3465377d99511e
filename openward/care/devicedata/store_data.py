"""SQL of single data: `devicedata.datum` and the small tables around it."""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from openward.care.devicedata.model import KIND_NUMBERS, DataSet, Row
from openward.care.work import Work

Stored = tuple[datetime, float | None, int, int, int, bytes | None]
"""time, value, data set, ordinal, shape, detail."""

_DATUM = ("time", "value", "data_set", "ordinal", "subject", "kind", "shape", "detail")
_COPY_FROM = 20
"""From this many rows on COPY is faster than single inserts."""
_PAGE = 2000


async def shape_numbers(work: Work, data_set: int, digests: Sequence[UUID]) -> dict[UUID, int]:
    """The numbers of those shapes that the set knows already."""
    rows = await work.tx.fetch(
        "select digest, number from devicedata.shape where data_set = $1 and digest = any($2::uuid[])",
        data_set,
        list(digests),
    )
    return {row["digest"]: row["number"] for row in rows}


async def insert_shapes(
    work: Work, data_set: int, rows: Sequence[tuple[int, int, str | None, str | None, UUID, bytes]]
) -> None:
    """Add shapes, given as (number, kind, device, variant, digest, body); the caller holds the data set."""
    await work.tx.executemany(
        "insert into devicedata.shape (data_set, number, kind, device, variant, digest, body)"
        " values ($1, $2, $3, $4, $5, $6, $7)",
        [(data_set, *row) for row in rows],
    )
    await work.tx.execute("update devicedata.data_set set shapes = shapes + $2 where key = $1", data_set, len(rows))


async def shapes(work: Work, data_sets: Sequence[int]) -> list[tuple[int, int, bytes]]:
    """(data set, number, body) of every shape of these sets."""
    rows = await work.tx.fetch(
        "select data_set, number, body from devicedata.shape where data_set = any($1::int[])", list(data_sets)
    )
    return [tuple(row) for row in rows]


async def insert(work: Work, target: DataSet, rows: Sequence[Row], numbers: Mapping[bytes, int]) -> None:
    """Add rows under the next ordinals of a set that the caller holds."""
    key, subject, first = target.key, target.subject, target.next_ordinal
    records = [
        (row.time, row.value, key, ordinal, subject, row.kind, numbers[row.shape], row.detail)
        for ordinal, row in enumerate(rows, first)
    ]
    await _add(work, "datum", _DATUM, records)
    given = [(key, ordinal, row.given_id) for ordinal, row in enumerate(rows, first) if row.given_id]
    if given:
        await _add(work, "given_id", ("data_set", "ordinal", "id"), given)


async def insert_origins(work: Work, data_set: int, origins: Sequence[tuple[UUID, int]]) -> None:
    """Remember (origin digest, ordinal) of new rows."""
    records = [(origin, data_set, ordinal) for origin, ordinal in origins]
    await _add(work, "origin_key", ("origin", "data_set", "ordinal"), records)


async def _add(work: Work, table: str, columns: Sequence[str], records: Sequence[tuple[object, ...]]) -> None:
    if len(records) >= _COPY_FROM:
        await work.tx.copy_records_to_table(table, schema_name="devicedata", columns=columns, records=records)
        return
    places = ", ".join(f"${place}" for place in range(1, len(columns) + 1))
    await work.tx.executemany(
        f"insert into devicedata.{table} ({', '.join(columns)}) values ({places})",  # noqa: S608 -- constant names
        records,
    )


async def by_origin(work: Work, data_set: int, origins: Sequence[UUID]) -> list[tuple[UUID, int]]:
    """(origin digest, ordinal) of kept rows with these origins, hidden ones included."""
    rows = await work.tx.fetch(
        "select origin, ordinal from devicedata.origin_key where data_set = $1 and origin = any($2::uuid[])",
        data_set,
        list(origins),
    )
    return [tuple(row) for row in rows]


async def by_given_id(work: Work, data_set: int, ids: Sequence[str]) -> dict[str, int]:
    """The ordinals of data that a client gave these ids."""
    rows = await work.tx.fetch(
        "select id, ordinal from devicedata.given_id where data_set = $1 and id = any($2::text[])", data_set, list(ids)
    )
    return {row["id"]: row["ordinal"] for row in rows}


async def same_moments(
    work: Work, target: DataSet, moments: Sequence[tuple[int, datetime]]
) -> list[tuple[int, datetime, float | None, str | None]]:
    """(kind, time, value, variant) of the set's rows at these moments, hidden ones left out."""
    rows = await work.tx.fetch(
        "select d.kind, d.time, d.value, p.variant from unnest($3::smallint[], $4::timestamptz[]) as m (kind, time)"
        " join devicedata.datum d on d.subject = $1 and d.kind = m.kind and d.time = m.time and d.data_set = $2"
        " join devicedata.shape p on p.data_set = d.data_set and p.number = d.shape"
        " where not exists (select from devicedata.hidden h where h.data_set = d.data_set and h.ordinal = d.ordinal)",
        target.subject,
        target.key,
        [kind for kind, _ in moments],
        [time for _, time in moments],
    )
    return [tuple(row) for row in rows]


async def at_ordinals(work: Work, data_set: int, ordinals: Sequence[int]) -> list[Stored]:
    """These rows of a set, hidden ones left out."""
    rows = await work.tx.fetch(
        "select d.time, d.value, d.data_set, d.ordinal, d.shape, d.detail from devicedata.datum d"
        " where d.data_set = $1 and d.ordinal = any($2::int[]) and not exists (select from devicedata.hidden h"
        " where h.data_set = d.data_set and h.ordinal = d.ordinal)",
        data_set,
        list(ordinals),
    )
    return [tuple(row) for row in rows]


async def of_data_set(work: Work, data_set: int) -> AsyncIterator[Stored]:
    """All rows of a set, read page by page."""
    async for row in work.tx.cursor(
        "select time, value, data_set, ordinal, shape, detail from devicedata.datum where data_set = $1",
        data_set,
        prefetch=_PAGE,
    ):
        yield tuple(row)


async def span(
    work: Work, data_sets: Sequence[int], ordinals: Sequence[int] | None = None
) -> dict[int, tuple[datetime, datetime]]:
    """First and last time of each glucose kind in these sets (or in these rows of them)."""
    rows = await work.tx.fetch(
        "select kind, min(time) low, max(time) high from devicedata.datum where data_set = any($1::int[])"
        " and kind = any($2::smallint[]) and ($3::int[] is null or ordinal = any($3)) group by kind",
        list(data_sets),
        [KIND_NUMBERS["cbg"], KIND_NUMBERS["smbg"]],
        None if ordinals is None else list(ordinals),
    )
    return {row["kind"]: (row["low"], row["high"]) for row in rows}


async def delete(work: Work, data_set: int, ordinals: Iterable[int]) -> None:
    """Remove rows for good."""
    which = list(ordinals)
    for table in ("datum", "given_id", "origin_key", "hidden"):
        await work.tx.execute(
            f"delete from devicedata.{table} where data_set = $1 and ordinal = any($2::int[])",  # noqa: S608
            data_set,
            which,
        )


async def delete_all(work: Work, data_sets: Sequence[int]) -> None:
    """Remove all data of these sets for good."""
    for table in ("datum", "given_id", "origin_key", "hidden", "batch", "shape"):
        await work.tx.execute(
            f"delete from devicedata.{table} where data_set = any($1::int[])",  # noqa: S608
            list(data_sets),
        )


async def delete_person(work: Work, subject: int) -> None:
    """Remove data and data sets of a person, as if there had been none."""
    keys = [
        row["key"] for row in await work.tx.fetch("select key from devicedata.data_set where subject = $1", subject)
    ]
    await delete_all(work, keys)
    await work.tx.execute("delete from devicedata.data_set where subject = $1", subject)
