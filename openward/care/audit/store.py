"""The only SQL of the room: `audit.entry` and `audit.subject`. Rows are added and read, never changed."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from openward.care.audit.model import Entry, Found, Query
from openward.care.work import Work, new_key
from openward.infra.db import write_rows

_COLUMNS = [
    "key",
    "at",
    "action",
    "what",
    "patient",
    "organization",
    "actor_kind",
    "actor",
    "credential",
    "address",
    "route",
    "trace",
]


async def insert(work: Work, entries: Sequence[Entry]) -> None:
    """Append entries; COPY keeps a list of a thousand patients cheap."""
    actor = work.actor
    rows = [
        (
            new_key(work),
            work.now,
            entry.action,
            entry.what,
            entry.patient,
            entry.organization,
            actor.kind.value,
            actor.person,
            actor.credential,
            work.origin.address,
            work.origin.route,
            work.trace,
        )
        for entry in entries
    ]
    for row, entry in zip(rows, entries, strict=True):
        if entry.patients:
            await _name_patients(work, row[0], entry.patients)
    if len(rows) > 20:
        await work.tx.copy_records_to_table("entry", schema_name="audit", columns=_COLUMNS, records=rows)
        return
    await write_rows(
        work.tx,
        f"insert into audit.entry ({', '.join(_COLUMNS)})"  # noqa: S608 -- constant names
        " values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        rows,
    )


async def _name_patients(work: Work, entry: UUID, patients: Sequence[UUID]) -> None:
    """Whose records one entry is about; in the order of the key, in which 100,000 rows take a third of a second."""
    await work.tx.execute(
        "insert into audit.subject (patient, at, entry)"
        " select patient, $2, $3 from unnest($1::uuid[]) patient order by patient",
        patients,
        work.now,
        entry,
    )


async def search(work: Work, query: Query, limit: int, before: tuple[datetime, UUID] | None) -> list[Found]:
    """Entries that fit, newest first. One request may leave thousands of one moment, so the key tells them apart."""
    at, key = before or (None, None)
    rows = await work.tx.fetch(
        "select key, at, action, what, coalesce(patient, $1) patient, organization, actor_kind, actor, credential,"
        " address, route, trace from audit.entry"
        " where ($1::uuid is null or patient = $1 or patient = any($10::uuid[])"
        "  or (at, key) in (select s.at, s.entry from audit.subject s where s.patient = $1 or s.patient = any($10)))"
        " and ($2::uuid is null or actor = $2)"
        " and ($3::uuid is null or organization = $3) and ($4::text is null or action = $4)"
        " and ($5::timestamptz is null or at >= $5) and ($6::timestamptz is null or at < $6)"
        " and ($7::timestamptz is null or (at <= $7 and (at < $7 or key < $8::uuid)))"
        " order by at desc, key desc limit $9",
        query.patient,
        query.actor,
        query.organization,
        query.action,
        query.since,
        query.until,
        at,
        key,
        limit,
        query.former,
    )
    return [Found(**dict(row)) for row in rows]
