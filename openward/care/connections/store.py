"""The only SQL of the room: `connections.source`."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import asyncpg

from openward.care.connections.model import DataSource, SourceState
from openward.care.errors import Conflict
from openward.care.work import PersonKey, Work
from openward.infra.db import Record, from_json, to_json

_COLUMNS = (
    "key, person, provider_type, provider_name, session_id, external_id, state, metadata, error, data_sets,"
    " earliest_data_at, latest_data_at, last_import_at, created_at, modified_at, revision"
)


def _source(row: Record) -> DataSource:
    values = dict(row)
    values |= {name: from_json(values[name]) for name in ("metadata", "error")}
    values |= {"state": SourceState(values["state"]), "data_sets": tuple(values["data_sets"])}
    return DataSource(**values)


def _values(one: DataSource) -> list[object]:
    return [
        one.key,
        one.person,
        one.provider_type,
        one.provider_name,
        one.session_id,
        one.external_id,
        one.state.value,
        None if one.metadata is None else to_json(one.metadata),
        None if one.error is None else to_json(one.error),
        list(one.data_sets),
        one.earliest_data_at,
        one.latest_data_at,
        one.last_import_at,
        one.created_at,
        one.modified_at,
        one.revision,
    ]


async def insert(work: Work, one: DataSource) -> None:
    """A new source; `Conflict` as for `replace`."""
    places = ", ".join(f"${place}" for place in range(1, 17))
    await _write(work, f"insert into connections.source ({_COLUMNS}) values ({places})", one)  # noqa: S608 -- constants


async def replace(work: Work, one: DataSource) -> None:
    """Write a source that `find` holds; `Conflict` when its session is another's, or another like it is live."""
    await _write(
        work,
        "update connections.source set person = $2, provider_type = $3, provider_name = $4, session_id = $5,"
        " external_id = $6, state = $7, metadata = $8, error = $9, data_sets = $10, earliest_data_at = $11,"
        " latest_data_at = $12, last_import_at = $13, created_at = $14, modified_at = $15, revision = $16"
        " where key = $1",
        one,
    )


async def _write(work: Work, statement: str, one: DataSource) -> None:
    try:
        async with work.tx.transaction():
            await work.tx.execute(statement, *_values(one))
    except asyncpg.UniqueViolationError:
        raise Conflict("another live source has this provider or this session", code="data-source-exists") from None


async def find(work: Work, key: UUID, *, lock: bool = False) -> DataSource | None:
    """A source, held until the end of the work if so asked."""
    ending = " for update" if lock else ""
    row = await work.tx.fetchrow(f"select {_COLUMNS} from connections.source where key = $1{ending}", key)  # noqa: S608
    return None if row is None else _source(row)


async def of_session(work: Work, session_id: str) -> DataSource | None:
    """The source of a provider session."""
    row = await work.tx.fetchrow(
        f"select {_COLUMNS} from connections.source where session_id = $1",  # noqa: S608 -- constants
        session_id,
    )
    return None if row is None else _source(row)


async def list_of(
    work: Work, person: PersonKey, filters: Mapping[str, str], *, offset: int = 0, limit: int = 1000
) -> list[DataSource]:
    """A person's sources, newest first; `filters` by column name."""
    rows = await work.tx.fetch(
        f"select {_COLUMNS} from connections.source where person = $1"  # noqa: S608 -- constants
        " and ($2::text is null or provider_type = $2) and ($3::text is null or provider_name = $3)"
        " and ($4::text is null or external_id = $4) and ($5::text is null or state = $5)"
        " order by created_at desc, key desc offset $6 limit $7",
        person,
        *(filters.get(name) for name in ("provider_type", "provider_name", "external_id", "state")),
        offset,
        limit,
    )
    return [_source(row) for row in rows]


async def delete(work: Work, person: PersonKey, key: UUID | None) -> list[UUID]:
    """Remove one source of a person, or all of them; the keys."""
    rows: list[Any] = await work.tx.fetch(
        "delete from connections.source where person = $1 and ($2::uuid is null or key = $2) returning key", person, key
    )
    return [row["key"] for row in rows]
