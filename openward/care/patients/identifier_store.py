"""The SQL of `patients.identifier`."""

from collections.abc import Sequence
from uuid import UUID

from openward.care.work import OrganizationKey, PersonKey, Work

Pair = tuple[str, str]


async def holders(
    work: Work, organization: OrganizationKey, mrn_system: str, pairs: Sequence[Pair], groups: list[UUID] | None
) -> list[tuple[Pair, PersonKey]]:
    """Who of an organization, and of these groups, has which of these names."""
    rows = await work.tx.fetch(
        "select q.system, q.value, h.person from unnest($2::text[], $3::text[]) q (system, value) cross join lateral ("
        "  select i.person from patients.identifier i"
        "   where i.is_unique and i.system = q.system and i.value = q.value and i.organization = $1"
        "  union select i.person from patients.identifier i"
        "   where not i.is_unique and i.system = q.system and i.value = q.value and i.organization = $1"
        "  union select e.person from patients.enrolment e"
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
