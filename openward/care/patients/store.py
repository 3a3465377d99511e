"""The SQL of enrolments: `patients.enrolment` and what was removed from it, `patients.archive`."""

from collections.abc import Sequence
from datetime import date
from operator import attrgetter
from typing import Any

import asyncpg
import msgspec

from openward.care.errors import Conflict, Invalid, NotFound
from openward.care.patients.model import ConnectionRequest, DataSource, Enrolment, Permission, Review
from openward.care.patients.rules import MRN_TAKEN, counts_in_plan
from openward.care.work import OrganizationKey, PersonKey, Work, new_key
from openward.infra.db import from_json, to_json

_PLAIN = (
    *("key", "organization", "person", "full_name", "birth_date", "email", "mrn", "diagnosis_type"),
    *(
        "last_upload_reminder_at",
        "is_active",
        "removed_at",
        "is_deceased",
        "is_demo",
        "is_migrated",
        "attestation_submitted",
    ),
    *("invited_by", "created_at", "updated_at"),
)
_ARRAYS = ("target_devices", "tags", "sites", "legacy_clinicians")
_COLUMNS = [
    *_PLAIN,
    *_ARRAYS,
    *("permissions", "glycemic_ranges", "data_sources", "connection_requests", "reviews"),
    *("counts_in_plan", "exclusive_mrn"),
]
READ = tuple(_COLUMNS[:-2])
_READ = ", ".join(READ)
_KEYS = frozenset({"organization", "person"})

_sources = msgspec.json.Decoder(tuple[DataSource, ...])
_requests = msgspec.json.Decoder(dict[str, tuple[ConnectionRequest, ...]])
_reviews = msgspec.json.Decoder(tuple[Review, ...])


def enrolment_of(row: asyncpg.Record) -> Enrolment:
    """The enrolment in a row that has the columns `READ`."""
    values: dict[str, Any] = {name: row[name] for name in _PLAIN}
    values |= {name: None if row[name] is None else tuple(row[name]) for name in _ARRAYS}
    sources = row["data_sources"]
    return Enrolment(
        **values,
        permissions=frozenset(Permission(word) for word in row["permissions"]),
        glycemic_ranges=from_json(row["glycemic_ranges"]),
        data_sources=None if sources is None else _sources.decode(sources),
        connection_requests=_requests.decode(row["connection_requests"]),
        reviews=_reviews.decode(row["reviews"]),
    )


def _values(enrolment: Enrolment, is_mrn_exclusive: bool | None) -> list[Any]:
    sources = enrolment.data_sources
    return [
        *(getattr(enrolment, name) for name in _PLAIN),
        *(getattr(enrolment, name) for name in _ARRAYS),
        sorted(enrolment.permissions),
        None if enrolment.glycemic_ranges is None else to_json(enrolment.glycemic_ranges),
        None if sources is None else to_json(sources),
        to_json(enrolment.connection_requests),
        to_json(enrolment.reviews),
        counts_in_plan(enrolment),
        *(() if is_mrn_exclusive is None else (enrolment.mrn if is_mrn_exclusive else None,)),
    ]


_PLACES = ", ".join(f"${place + 1}" for place in range(len(_COLUMNS)))
_SETS = ", ".join(f"{name} = excluded.{name}" for name in _COLUMNS if name not in _KEYS)
_INSERT = (
    f"insert into patients.enrolment as e ({', '.join(_COLUMNS)}) values ({_PLACES})"  # noqa: S608 -- constant names
    f" on conflict (organization, person) do update set {_SETS} where e.removed_at is not null"
)


def _update_sql(columns: Sequence[str]) -> str:
    return (
        "update patients.enrolment set "  # noqa: S608 -- constant names
        + ", ".join(f"{name} = ${place + 1}" for place, name in enumerate(columns) if name not in _KEYS)
        + f" where organization = ${columns.index('organization') + 1} and person = ${columns.index('person') + 1}"
    )


_UPDATE = _update_sql(_COLUMNS)
_UPDATE_ALL_BUT_MRN_RULE = _update_sql(_COLUMNS[:-1])


async def insert(work: Work, enrolment: Enrolment, *, is_mrn_exclusive: bool) -> None:
    """Keep a new enrolment, in place of one that was removed; `Conflict` for one that stands."""
    if await _write(work, _INSERT, enrolment, is_mrn_exclusive) == 0:
        raise Conflict("the user is a patient of the clinic already")


_OF_NEWCOMER = (
    *("key", "organization", "person", "full_name", "birth_date", "email", "mrn"),
    *("is_active", "created_at", "updated_at"),
)
_newcomer = attrgetter(*_OF_NEWCOMER)


async def insert_newcomers(work: Work, enrolments: Sequence[Enrolment], *, is_mrn_exclusive: bool) -> bool:
    """Keep enrolments of new people, of whom nothing is known but who they are and what all are permitted alike.

    False when somebody took one of their MRNs, and then the caller goes back.
    """
    if not enrolments:
        return True
    permitted = sorted(enrolments[0].permissions)
    records = [(*_newcomer(one), permitted, True, one.mrn if is_mrn_exclusive else None) for one in enrolments]
    columns = [*_OF_NEWCOMER, "permissions", "counts_in_plan", "exclusive_mrn"]
    try:
        await work.tx.copy_records_to_table("enrolment", schema_name="patients", columns=columns, records=records)
    except asyncpg.UniqueViolationError:
        return False
    except asyncpg.ForeignKeyViolationError:
        raise NotFound("clinic not found") from None
    return True


async def update(work: Work, enrolment: Enrolment, *, is_mrn_exclusive: bool | None) -> None:
    """Write the whole enrolment. None when the MRN stays: a rule made since it was written is not asked."""
    sql = _UPDATE_ALL_BUT_MRN_RULE if is_mrn_exclusive is None else _UPDATE
    await _write(work, sql, enrolment, is_mrn_exclusive)


async def _write(work: Work, sql: str, enrolment: Enrolment, is_mrn_exclusive: bool | None) -> int:
    try:
        async with work.tx.transaction():
            done = await work.tx.execute(sql, *_values(enrolment, is_mrn_exclusive))
    except asyncpg.UniqueViolationError:
        raise Invalid("mrn must be unique", code=MRN_TAKEN) from None
    except asyncpg.ForeignKeyViolationError:
        raise NotFound("clinic not found") from None
    return int(done.rsplit(" ", 1)[1])


async def get(work: Work, organization: OrganizationKey, person: PersonKey, *, lock: bool = False) -> Enrolment | None:
    """The enrolment unless it was removed; with `lock` it stays locked until the end of the transaction."""
    row = await work.tx.fetchrow(
        f"select {_READ} from patients.enrolment where organization = $1 and person = $2"  # noqa: S608
        f" and removed_at is null{' for no key update' if lock else ''}",
        organization,
        person,
    )
    return None if row is None else enrolment_of(row)


async def get_even_removed(work: Work, organization: OrganizationKey, person: PersonKey) -> Enrolment | None:
    """The enrolment, removed or not, locked until the end of the transaction."""
    row = await work.tx.fetchrow(
        f"select {_READ} from patients.enrolment where organization = $1 and person = $2"  # noqa: S608
        " for no key update",
        organization,
        person,
    )
    return None if row is None else enrolment_of(row)


async def get_many(
    work: Work, organization: OrganizationKey, persons: Sequence[PersonKey]
) -> dict[PersonKey, Enrolment]:
    """The enrolments of these people that were not removed."""
    rows = await work.tx.fetch(
        f"select {_READ} from patients.enrolment where organization = $1 and person = any($2::uuid[])"  # noqa: S608
        " and removed_at is null",
        organization,
        list(persons),
    )
    return {PersonKey(row["person"]): enrolment_of(row) for row in rows}


async def deceased(work: Work, organization: OrganizationKey) -> list[PersonKey]:
    """The patients of an organization who have died."""
    rows = await work.tx.fetch(
        "select person from patients.enrolment where organization = $1 and is_deceased", organization
    )
    return [PersonKey(row["person"]) for row in rows]


async def of_person(work: Work, person: PersonKey, offset: int, limit: int | None) -> list[Enrolment]:
    """All enrolments of a person that were not removed, by name and then age."""
    rows = await work.tx.fetch(
        f"select {_READ} from patients.enrolment where person = $1 and removed_at is null"  # noqa: S608
        " order by full_name, key offset $2 limit $3",
        person,
        offset,
        limit,
    )
    return [enrolment_of(row) for row in rows]


async def lock_of_person(work: Work, person: PersonKey) -> list[Enrolment]:
    """All enrolments of a person that were not removed, locked until the end, by everybody in the same order."""
    rows = await work.tx.fetch(
        f"select {_READ} from patients.enrolment where person = $1 and removed_at is null"  # noqa: S608
        " order by organization for no key update",
        person,
    )
    return [enrolment_of(row) for row in rows]


async def touch(work: Work, person: PersonKey) -> list[OrganizationKey]:
    """Move the time of the last change in all enrolments of a person that were not removed; where he has them."""
    rows = await work.tx.fetch(
        "update patients.enrolment set updated_at = $2 where person = $1 and removed_at is null returning organization",
        person,
        work.now,
    )
    return [OrganizationKey(row["organization"]) for row in rows]


async def find(
    work: Work,
    organizations: Sequence[OrganizationKey],
    mrn: str | None,
    birth_date: date | None,
    offset: int,
    limit: int,
    full_name: str | None = None,
) -> list[Enrolment]:
    """Active patients of these organizations with this MRN, date of birth and name (None: any), by name and age."""
    rows = await work.tx.fetch(
        f"select {_READ} from patients.enrolment where organization = any($1::uuid[]) and is_active"  # noqa: S608
        " and ($2::text is null or mrn = $2) and ($3::date is null or birth_date = $3)"
        " and ($6::text is null or full_name = $6) order by full_name, key offset $4 limit $5",
        list(organizations),
        mrn,
        birth_date,
        offset,
        limit,
        full_name,
    )
    return [enrolment_of(row) for row in rows]


async def lock_mrns(work: Work, organization: OrganizationKey, mrns: Sequence[str]) -> None:
    """Whoever gives one of these numbers to a patient of the organization comes one after the other; at most 64 locks.

    To be taken before `lock_emails` where both are.
    """
    await work.tx.execute(
        "select pg_advisory_xact_lock(n) from (select distinct"
        "  hashtextextended('mrn:' || $1::text || (hashtext(m) & 63), 0) n"
        " from unnest($2::text[]) m order by n) numbers",
        str(organization),
        list(mrns),
    )


async def has_mrn(work: Work, organization: OrganizationKey, mrn: str, except_for: PersonKey | None) -> bool:
    """Whether another patient of the organization has this number."""
    return bool(
        await work.tx.fetchval(
            "select exists (select from patients.enrolment where organization = $1 and mrn = $2"
            " and removed_at is null and person is distinct from $3)",
            organization,
            mrn,
            except_for,
        )
    )


async def held_mrns(work: Work, organization: OrganizationKey, mrns: Sequence[str]) -> set[str]:
    """Those of these numbers that patients of the organization have."""
    rows = await work.tx.fetch(
        "select mrn from patients.enrolment where organization = $1 and mrn = any($2::text[]) and removed_at is null",
        organization,
        list(mrns),
    )
    return {row["mrn"] for row in rows}


async def in_plan(work: Work, organization: OrganizationKey, most: int) -> int:
    """How many active patients count towards the plan; counting stops at `most`."""
    return int(
        await work.tx.fetchval(
            "select count(*) from (select from patients.enrolment"
            " where organization = $1 and counts_in_plan and is_active limit $2) counted",
            organization,
            most,
        )
    )


async def counts(work: Work, organization: OrganizationKey) -> tuple[int, int, int]:
    """Active patients: all, demo ones, those that count towards the plan."""
    row = await work.tx.fetchrow(
        "select count(*) total, count(*) filter (where is_demo) demo, count(*) filter (where counts_in_plan) in_plan"
        " from patients.enrolment where organization = $1 and is_active",
        organization,
    )
    return row["total"], row["demo"], row["in_plan"]


async def provider_states(work: Work, organization: OrganizationKey) -> list[tuple[str, str, int]]:
    """Data sources of active patients who are not for demonstration, counted by provider and state."""
    rows = await work.tx.fetch(
        "select source ->> 'provider' provider, source ->> 'state' state, count(*) n"
        " from patients.enrolment, jsonb_array_elements(data_sources) source"
        " where organization = $1 and is_active and not is_demo and jsonb_typeof(data_sources) = 'array'"
        " group by 1, 2 order by 1, 2",
        organization,
    )
    return [(row["provider"], row["state"], row["n"]) for row in rows]


_ENTRIES = "jsonb_array_elements(case when jsonb_typeof(data_sources) = 'array' then data_sources end) source"
_ENTRY_STATE = (
    "case when source ->> 'state' in ('pending', 'pendingReconnect')"
    " and (source ->> 'expires_at')::timestamptz <= $2 then 'expired' else source ->> 'state' end"
)


async def entry_counts(work: Work, organization: OrganizationKey) -> list[tuple[str, str, int]]:
    """The same, with requests that have run out as a state of their own."""
    rows = await work.tx.fetch(
        f"select source ->> 'provider' provider, {_ENTRY_STATE} state, count(*) n"  # noqa: S608 -- constants
        f" from patients.enrolment, {_ENTRIES} where organization = $1 and is_active and not is_demo"
        " group by 1, 2 order by 1, 2",
        organization,
        work.now,
    )
    return [(row["provider"], row["state"], row["n"]) for row in rows]


async def find_by_entry(
    work: Work, organization: OrganizationKey, states: Sequence[str], provider: str | None, offset: int, limit: int
) -> list[Enrolment]:
    """Who has an entry in one of these states, by name."""
    rows = await work.tx.fetch(
        f"select {_READ} from patients.enrolment where organization = $1 and is_active and not is_demo"  # noqa: S608
        f" and exists (select from {_ENTRIES} where {_ENTRY_STATE} = any($3::text[])"
        " and ($4::text is null or source ->> 'provider' = $4))"
        " order by lower(full_name), key offset $5 limit $6",
        organization,
        work.now,
        list(states),
        provider,
        offset,
        limit,
    )
    return [enrolment_of(row) for row in rows]


async def organizations_that_may(work: Work, person: PersonKey, permission: Permission) -> list[OrganizationKey]:
    """The organizations whose enrolment of this person grants the permission."""
    rows = await work.tx.fetch(
        "select organization from patients.enrolment"
        " where person = $1 and removed_at is null and $2 = any(permissions)",
        person,
        permission,
    )
    return [OrganizationKey(row["organization"]) for row in rows]


def whole(row: str) -> str:
    """SQL of a whole enrolment with what is kept beside it, as it is archived."""
    beside = (
        "select jsonb_build_object('demographics', to_jsonb(d)) from patients.demographics d"  # noqa: S608 -- constants
        f" where d.organization = {row}.organization and d.person = {row}.person"
    )
    return f"to_jsonb({row}) || coalesce(({beside}), '{{}}')"


async def archive(work: Work, organization: OrganizationKey, person: PersonKey) -> None:
    """Copy the whole row, with when, by whom and by what it was removed."""
    await work.tx.execute(
        "insert into patients.archive (key, organization, person, deleted_at, deleted_by, reason,"  # noqa: S608
        " content)"
        f" select $1, organization, person, $4, $5, $6, {whole('e')} from patients.enrolment e"
        " where organization = $2 and person = $3",
        new_key(work),
        organization,
        person,
        work.now,
        None if work.actor.is_service else work.actor.person,
        work.origin.route,
    )


async def delete_all(work: Work, organization: OrganizationKey) -> None:
    """Remove the rows of an organization that is about to be deleted."""
    await work.tx.execute("delete from patients.enrolment where organization = $1", organization)
