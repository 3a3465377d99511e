"""The SQL of `patients.identifier`."""

import zlib
from collections.abc import Sequence
from uuid import UUID

import asyncpg

from openward.care.work import OrganizationKey, PersonKey, Work

Pair = tuple[str, str]
Row = tuple[PersonKey, int, str, str, str | None, bool]
"""Person, place, system, value, label, whether it is unique."""


async def holders(
    work: Work, organization: OrganizationKey, mrn_system: str, pairs: Sequence[Pair], groups: list[UUID] | None
) -> list[tuple[Pair, PersonKey]]:
    """Who of an organization, and of these groups, has which of these names."""
    rows = await work.tx.fetch(
        "select q.system, q.value, h.person from unnest($2::text[], $3::text[]) q (system, value) cross join lateral ("
        "  select i.person from patients.identifier i"
        "   where i.is_unique and i.system = q.system and i.value = q.value and i.organization = $1"
        "   and q.system <> $4 union select i.person from patients.identifier i"
        "   where not i.is_unique and i.system = q.system and i.value = q.value and i.organization = $1"
        "   and q.system <> $4 union select e.person from patients.enrolment e"
        "   where q.system = $4 and e.organization = $1 and e.mrn = q.value and e.removed_at is null"
        " ) h where $5::uuid[] is null or exists (select from patients.group_place g"
        "  where g.organization = $1 and g.person = h.person and g.patient_group = any($5::uuid[]))"
        " order by h.person",
        organization,
        [system for system, _ in pairs],
        [value for _, value in pairs],
        mrn_system,
        groups,
    )
    return [((row["system"], row["value"]), PersonKey(row["person"])) for row in rows]


async def of(
    work: Work, organization: OrganizationKey, persons: Sequence[PersonKey]
) -> list[tuple[PersonKey, str, str, str | None, bool]]:
    """Person, system, value, label and whether it is unique, by place."""
    rows = await work.tx.fetch(
        "select person, system, value, label, is_unique from patients.identifier"
        " where organization = $1 and person = any($2::uuid[]) order by person, place",
        organization,
        list(persons),
    )
    return [(PersonKey(row[0]), row[1], row[2], row[3], row[4]) for row in rows]


async def lock(work: Work, unique: Sequence[Pair], shared: Sequence[Pair]) -> None:
    """Nobody gives a unique name that is being given as a shared one, or the other way round, until this work ends.

    Two who give one unique name meet at its index. At most 64 locks are taken, always in the same order.
    """
    alone = {_number(pair) for pair in shared}
    others = {_number(pair) for pair in unique} - alone
    await work.tx.execute(
        "select case when is_shared then pg_advisory_xact_lock(n) else pg_advisory_xact_lock_shared(n) end from ("
        "  select hashtextextended('name elsewhere:' || g.number, 0) n, g.is_shared"
        "  from unnest($1::smallint[], $2::boolean[]) g (number, is_shared) order by 1) numbers",
        [*alone, *others],
        [True] * len(alone) + [False] * len(others),
    )


def _number(pair: Pair) -> int:
    """Which of the 64 locks a name has."""
    return zlib.crc32(" ".join(pair).encode()) & 63


async def held(
    work: Work, pairs: Sequence[Pair], organization: OrganizationKey, but: PersonKey | None
) -> dict[Pair, bool]:
    """Those of these names that somebody has, in any organization, other than `but` in this one; whether as unique."""
    rows = await work.tx.fetch(
        "select q.system, q.value, h.is_unique from unnest($1::text[], $2::text[]) q (system, value)"
        " cross join lateral ("
        "  (select true is_unique from patients.identifier i where i.is_unique and i.system = q.system"
        "   and i.value = q.value and (i.organization <> $3 or i.person is distinct from $4) limit 1)"
        "  union all (select false from patients.identifier i where not i.is_unique and i.system = q.system"
        "   and i.value = q.value and (i.organization <> $3 or i.person is distinct from $4) limit 1)) h",
        [system for system, _ in pairs],
        [value for _, value in pairs],
        organization,
        but,
    )
    found: dict[Pair, bool] = {}
    for row in rows:
        pair = row["system"], row["value"]
        found[pair] = found.get(pair, False) or row["is_unique"]
    return found


async def insert(work: Work, organization: OrganizationKey, rows: Sequence[Row]) -> bool:
    """Keep names; False when somebody has taken a unique one meanwhile, and then the caller goes back behind it."""
    ordered = sorted(rows, key=lambda row: (row[2], row[3]))  # two who write the same wait for one another in one order
    done = await work.tx.execute(
        "insert into patients.identifier (organization, person, place, system, value, label, is_unique)"
        " select $1, g.* from unnest($2::uuid[], $3::smallint[], $4::text[], $5::text[], $6::text[], $7::boolean[]) g"
        " on conflict do nothing",
        organization,
        *([row[part] for row in ordered] for part in range(6)),
    )
    return int(done.rsplit(" ", 1)[1]) == len(rows)


async def insert_newcomers(work: Work, organization: OrganizationKey, rows: Sequence[Row]) -> bool:
    """The same for very many people who came just now; the caller goes back behind it, as nothing else works then."""
    records = [(organization, *row) for row in sorted(rows, key=lambda row: (row[2], row[3]))]
    columns = ["organization", "person", "place", "system", "value", "label", "is_unique"]
    try:
        await work.tx.copy_records_to_table("identifier", schema_name="patients", columns=columns, records=records)
    except asyncpg.UniqueViolationError:
        return False
    return True


async def delete(work: Work, organization: OrganizationKey, person: PersonKey) -> None:
    """Drop the names of a patient."""
    await work.tx.execute(
        "delete from patients.identifier where organization = $1 and person = $2", organization, person
    )
