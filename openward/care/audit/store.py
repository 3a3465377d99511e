"""The only SQL of the room: `audit.entry`, `audit.subject`, `audit.cohort`. Rows are added and read, never changed."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from openward.care.audit.model import Entry, Found, Query
from openward.care.work import Work, moment_ms, new_key
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
    named: dict[tuple[UUID, ...], list[UUID]] = {}
    for row, entry in zip(rows, entries, strict=True):
        if entry.patients:
            named.setdefault(entry.patients, []).append(row[0])
    for patients, keys in named.items():
        await _name_patients(work, keys, patients)
    if len(rows) > 20:
        await work.tx.copy_records_to_table("entry", schema_name="audit", columns=_COLUMNS, records=rows)
        return
    await write_rows(
        work.tx,
        f"insert into audit.entry ({', '.join(_COLUMNS)})"  # noqa: S608 -- constant names
        " values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        rows,
    )


async def _name_patients(work: Work, keys: Sequence[UUID], patients: Sequence[UUID]) -> None:
    """Whose records these entries are about; in the order of the key, in which 100,000 rows take a third of a second.

    Those who came at one moment are one row, found by the moment that is in each of their keys.
    """
    moments = {moment_ms(patient) for patient in patients}
    if len(moments) == 1:
        await work.tx.execute(
            "insert into audit.cohort (made_ms, at, entries, patients) values ($1, $2, $3, $4)",
            moments.pop(),
            work.now,
            keys,
            patients,
        )
        return
    await work.tx.execute(
        "insert into audit.subject (patient, at, entry)"
        " select patient, $2, entry from unnest($1::uuid[]) patient, unnest($3::uuid[]) entry order by patient",
        patients,
        work.now,
        keys,
    )


async def search(work: Work, query: Query, limit: int, before: tuple[datetime, UUID] | None) -> list[Found]:
    """Entries that fit, newest first. One request may leave thousands of one moment, so the key tells them apart."""
    at, key = before or (None, None)
    rows = await work.tx.fetch(
        "select key, at, action, what, coalesce(patient, $1) patient, organization, actor_kind, actor, credential,"
        " address, route, trace from audit.entry"
        " where ($1::uuid is null or patient = $1 or patient = any($10::uuid[])"
        "  or (at, key) in (select s.at, s.entry from audit.subject s where s.patient = $1 or s.patient = any($10)"
        "   union all select c.at, unnest(c.entries) from audit.cohort c"
        "   where c.made_ms = any($11::bigint[]) and c.patients && ($10 || $1)))"
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
        [moment_ms(patient) for patient in (query.patient, *query.former) if patient is not None],
    )
    return [Found(**dict(row)) for row in rows]
