"""The only SQL of the room: `consents.document`, `consents.record`."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from openward.care.consents.model import AgeGroup, Document, Grantor, Record, Status
from openward.care.work import PersonKey, Work
from openward.infra.db import Record as Row
from openward.infra.db import from_json, to_json

_COLUMNS = (
    "key, person, type, version, status, age_group, owner_name, guardian_name, grantor, metadata, granted_at,"
    " revoked_at, created_at, modified_at"
)


def _record(row: Row) -> Record:
    values = dict(row)
    values |= {
        "status": Status(values["status"]),
        "age_group": AgeGroup(values["age_group"]),
        "grantor": Grantor(values["grantor"]),
        "metadata": from_json(values["metadata"]),
    }
    return Record(**values)


async def documents(
    work: Work, type_: str | None, version: int | None, *, only_latest: bool, offset: int, limit: int
) -> list[Document]:
    """Texts by type, the newest version of each first."""
    distinct = "distinct on (type)" if only_latest else ""
    rows = await work.tx.fetch(
        f"select {distinct} type, version, content, content_type, created_at from consents.document"  # noqa: S608
        " where ($1::text is null or type = $1) and ($2::int is null or version = $2)"
        " order by type, version desc offset $3 limit $4",
        type_,
        version,
        offset,
        limit,
    )
    return [Document(**dict(row)) for row in rows]


async def put_document(work: Work, one: Document) -> Document:
    """Keep a version; the text of the one that is there already never changes, and is returned."""
    row = await work.tx.fetchrow(
        "insert into consents.document (type, version, content, content_type, created_at)"
        " values ($1, $2, $3, $4, $5) on conflict (type, version) do update set type = excluded.type"
        " returning type, version, content, content_type, created_at",
        one.type,
        one.version,
        one.content,
        one.content_type,
        one.created_at,
    )
    return Document(**dict(row))


async def lock_person(work: Work, person: PersonKey) -> None:
    """Let nobody else change this person's agreements until the end of the work."""
    await work.tx.execute("select pg_advisory_xact_lock(hashtextextended('consents:' || $1::text, 0))", str(person))


async def insert(work: Work, one: Record) -> None:
    """A new agreement."""
    await work.tx.execute(
        f"insert into consents.record ({_COLUMNS})"  # noqa: S608 -- constants
        " values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
        one.key,
        one.person,
        one.type,
        one.version,
        one.status.value,
        one.age_group.value,
        one.owner_name,
        one.guardian_name,
        one.grantor.value,
        None if one.metadata is None else to_json(one.metadata),
        one.granted_at,
        one.revoked_at,
        one.created_at,
        one.modified_at,
    )


async def find(work: Work, key: UUID, *, lock: bool = False) -> Record | None:
    """One agreement, held until the end of the work if so asked."""
    ending = " for update" if lock else ""
    row = await work.tx.fetchrow(f"select {_COLUMNS} from consents.record where key = $1{ending}", key)  # noqa: S608
    return None if row is None else _record(row)


async def active(work: Work, person: PersonKey, type_: str) -> Record | None:
    """The agreement of this type that holds now."""
    row = await work.tx.fetchrow(
        f"select {_COLUMNS} from consents.record where person = $1 and type = $2 and status = 'active'",  # noqa: S608
        person,
        type_,
    )
    return None if row is None else _record(row)


async def list_of(
    work: Work, person: PersonKey, filters: Mapping[str, Any], *, only_latest: bool, offset: int, limit: int
) -> list[Record]:
    """A person's agreements, newest first; the newest of each type only, if so asked."""
    source = (
        f"(select distinct on (type) {_COLUMNS} from consents.record where person = $1"  # noqa: S608 -- constants
        " order by type, created_at desc, key desc) r"
        if only_latest
        else "consents.record"
    )
    rows = await work.tx.fetch(
        f"select {_COLUMNS} from {source} where person = $1 and ($2::text is null or type = $2)"  # noqa: S608
        " and ($3::int is null or version = $3) and ($4::text is null or status = $4)"
        " order by created_at desc, key desc offset $5 limit $6",
        person,
        filters.get("type"),
        filters.get("version"),
        filters.get("status"),
        offset,
        limit,
    )
    return [_record(row) for row in rows]


async def revoke(work: Work, key: UUID) -> None:
    """It holds no more."""
    await work.tx.execute(
        "update consents.record set status = 'revoked', revoked_at = $2, modified_at = $2 where key = $1", key, work.now
    )


async def change(work: Work, key: UUID, metadata: Mapping[str, Any] | None) -> None:
    """Other particulars."""
    await work.tx.execute(
        "update consents.record set metadata = $2, modified_at = $3 where key = $1",
        key,
        None if metadata is None else to_json(metadata),
        work.now,
    )
