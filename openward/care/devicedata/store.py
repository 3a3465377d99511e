"""SQL of data sets: `devicedata.subject`, `devicedata.data_set`, `devicedata.batch`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import asyncpg

from openward.care.devicedata.model import DataSet
from openward.care.errors import Conflict
from openward.care.work import PersonKey, Work
from openward.infra.db import Record, from_json, to_json

_COLUMNS = (
    "s.key, s.subject, u.person, s.name, s.id, s.type, s.is_open, s.is_active, s.deduplicator, s.time, s.device_id,"
    " s.manufacturers, s.model, s.has_pump_loop, s.hidden, s.next_ordinal, s.shapes, s.created_at, s.created_by,"
    " s.modified_at, s.deleted_at, s.body"
)
_FROM = "from devicedata.data_set s join devicedata.subject u on u.key = s.subject"
_SAME_BATCH = timedelta(minutes=10)
"""Uploads by one client within this time share one row of provenance: a sensor sends one reading at a time."""


@dataclass(frozen=True, slots=True)
class NewDataSet:
    """What the row of a new data set says beyond its defaults."""

    name: str
    id: str
    type: str
    deduplicator: str
    time: datetime
    device_id: str | None
    client_name: str | None
    manufacturers: Sequence[str]
    model: str | None
    created_by: str | None
    body: Mapping[str, Any]
    is_older_uploads: bool = False


def _data_set(row: Record) -> DataSet:
    values = dict(row)
    values["manufacturers"] = tuple(values["manufacturers"])
    values["body"] = from_json(values["body"])
    return DataSet(**values)


async def find_subject(work: Work, person: PersonKey) -> int | None:
    """The number of a person, or None for one without any data set."""
    found: int | None = await work.tx.fetchval("select key from devicedata.subject where person = $1", person)
    return found


async def subject(work: Work, person: PersonKey) -> int:
    """The number of a person, given now if need be."""
    await work.tx.execute(
        "insert into devicedata.subject (person) select $1 where not exists"
        " (select from devicedata.subject where person = $1) on conflict (person) do nothing",
        person,
    )
    found: int = await work.tx.fetchval("select key from devicedata.subject where person = $1", person)
    return found


async def lock_subject(work: Work, key: int) -> None:
    """Hold a person's data sets against closing and deleting by others, which reach beyond one set."""
    await work.tx.execute("select from devicedata.subject where key = $1 for no key update", key)


async def insert_data_set(work: Work, subject_key: int, new: NewDataSet) -> int:
    """A new data set's key; `Conflict` when its name or id is taken."""
    try:
        async with work.tx.transaction():
            key: int = await work.tx.fetchval(
                "insert into devicedata.data_set (subject, name, id, type, is_active, deduplicator, time, device_id,"
                " client_name, manufacturers, model, created_at, created_by, modified_at, body, is_older_uploads)"
                " values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $12, $14, $15) returning key",
                subject_key,
                new.name,
                new.id,
                new.type,
                new.type == "continuous",
                new.deduplicator,
                new.time,
                new.device_id,
                new.client_name,
                list(new.manufacturers),
                new.model,
                work.now,
                new.created_by,
                to_json(new.body),
                new.is_older_uploads,
            )
    except asyncpg.UniqueViolationError:
        raise Conflict("a data set with this id exists", code="data-set-exists") from None
    return key


async def find_data_set(work: Work, name: str, *, lock: bool = False) -> DataSet | None:
    """A data set by upload id or id, deleted ones included; `lock` holds it until the end of the work."""
    ending = " for update of s" if lock else ""
    row = await work.tx.fetchrow(
        f"select {_COLUMNS} {_FROM} where s.key = (select key from devicedata.data_set where name = $1 or id = $1"  # noqa: S608
        f" order by name = $1 desc limit 1){ending}",
        name,
    )
    return None if row is None else _data_set(row)


async def lock_older_uploads(work: Work, subject_key: int) -> DataSet | None:
    """The set behind the older upload endpoint, held; None until the first upload."""
    row = await work.tx.fetchrow(
        f"select {_COLUMNS} {_FROM} where s.subject = $1 and s.is_older_uploads and s.deleted_at is null"
        " for update of s",
        subject_key,
    )
    return None if row is None else _data_set(row)


async def list_data_sets(
    work: Work,
    person: PersonKey,
    *,
    client_name: str | None,
    device_id: str | None,
    with_deleted: bool,
    offset: int,
    limit: int,
) -> list[DataSet]:
    """Data sets of a person, newest first."""
    rows = await work.tx.fetch(
        f"select {_COLUMNS} {_FROM} where u.person = $1 and ($2::text is null or s.client_name = $2)"
        " and ($3::text is null or s.device_id = $3) and ($4 or s.deleted_at is null)"
        " order by s.created_at desc, s.key desc offset $5 limit $6",
        person,
        client_name,
        device_id,
        with_deleted,
        offset,
        limit,
    )
    return [_data_set(row) for row in rows]


async def visible(work: Work, person: PersonKey) -> list[DataSet]:
    """The data sets whose data count: active and not deleted."""
    rows = await work.tx.fetch(
        f"select {_COLUMNS} {_FROM} where u.person = $1 and s.is_active and s.deleted_at is null order by s.key",
        person,
    )
    return [_data_set(row) for row in rows]


async def change(work: Work, key: int, body: Mapping[str, Any], *, is_open: bool, time: datetime) -> None:
    """Write the fields that a service may change."""
    await work.tx.execute(
        "update devicedata.data_set set body = $2, is_open = $3, time = $4, device_id = $5, model = $6,"
        " modified_at = greatest($7, created_at) where key = $1",
        key,
        to_json(body),
        is_open,
        time,
        body.get("deviceId"),
        body.get("deviceModel"),
        work.now,
    )


async def close(work: Work, key: int) -> None:
    """A normal set is complete: from now on its data count."""
    await work.tx.execute(
        "update devicedata.data_set set is_open = false, is_active = true, modified_at = $2 where key = $1",
        key,
        work.now,
    )


async def advance(work: Work, target: DataSet, count: int, *, has_pump_loop: bool) -> None:
    """Take `count` ordinals; also notes once that data of a closed loop arrived."""
    await work.tx.execute(
        "update devicedata.data_set set next_ordinal = next_ordinal + $2, has_pump_loop = has_pump_loop or $3"
        " where key = $1",
        target.key,
        count,
        has_pump_loop,
    )
    actor = work.actor
    extended = await work.tx.execute(
        "update devicedata.batch b set count = count + $3 where data_set = $1 and first_ordinal + count = $2"
        " and first_ordinal = (select max(first_ordinal) from devicedata.batch where data_set = $1)"
        " and created_at > $4 and created_by is not distinct from $5 and client = $6 and address = $7",
        target.key,
        target.next_ordinal,
        count,
        work.now - _SAME_BATCH,
        actor.person,
        actor.credential,
        work.origin.address,
    )
    if extended == "UPDATE 0":
        await work.tx.execute(
            "insert into devicedata.batch (data_set, first_ordinal, count, created_at, created_by, client, address)"
            " values ($1, $2, $3, $4, $5, $6, $7)",
            target.key,
            target.next_ordinal,
            count,
            work.now,
            actor.person,
            actor.credential,
            work.origin.address,
        )


async def mark_deleted(work: Work, keys: Sequence[int]) -> None:
    """The rows of deleted sets stay, so that their names are not given again."""
    await work.tx.execute(
        "update devicedata.data_set set deleted_at = $2, modified_at = $2, is_open = false, hidden = 0,"
        " is_older_uploads = false where key = any($1::int[])",
        list(keys),
        work.now,
    )


async def batches(work: Work, spans: Sequence[tuple[int, int, int]]) -> list[tuple[int, int, datetime]]:
    """(data set, first ordinal, created) of the batches that hold these rows, in order.

    spans: (data set, lowest ordinal, highest ordinal).
    """
    rows = await work.tx.fetch(
        "select b.data_set, b.first_ordinal, b.created_at from unnest($1::int[], $2::int[], $3::int[])"
        " as w (data_set, low, high) join devicedata.batch b on b.data_set = w.data_set and b.first_ordinal <= w.high"
        " and b.first_ordinal >= (select max(f.first_ordinal) from devicedata.batch f"
        " where f.data_set = w.data_set and f.first_ordinal <= w.low) order by 1, 2",
        [key for key, _, _ in spans],
        [low for _, low, _ in spans],
        [high for _, _, high in spans],
    )
    return [tuple(row) for row in rows]
