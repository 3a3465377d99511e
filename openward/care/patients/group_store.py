"""SQL of `patients.group_place`."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from openward.care.patients.model import Enrolment
from openward.care.work import OrganizationKey, PersonKey, Work


async def groups_of(
    work: Work, organization: OrganizationKey, persons: Sequence[PersonKey]
) -> dict[PersonKey, tuple[UUID, ...]]:
    """Each one's groups, by key, which is by age."""
    rows = await work.tx.fetch(
        "select person, array_agg(patient_group order by patient_group) keys from patients.group_place"
        " where organization = $1 and person = any($2::uuid[]) group by person",
        organization,
        list(persons),
    )
    return {PersonKey(row["person"]): tuple(row["keys"]) for row in rows}


async def in_groups(
    work: Work, organization: OrganizationKey, groups: list[UUID] | None, persons: Sequence[PersonKey]
) -> set[PersonKey]:
    """Patients, past ones too, of whom one place at least is in `groups`."""
    rows = await work.tx.fetch(
        "select e.person from patients.enrolment e where e.organization = $1 and e.person = any($2::uuid[])"
        " and ($3::uuid[] is null or exists (select from patients.group_place g where g.organization = $1"
        "  and g.person = e.person and g.patient_group = any($3::uuid[])))",
        organization,
        list(persons),
        groups,
    )
    return {PersonKey(row["person"]) for row in rows}


async def came(
    work: Work, organization: OrganizationKey, groups: list[UUID] | None, person: PersonKey | None
) -> dict[PersonKey, datetime]:
    """Patients, past ones too, of whom one place at least is in `groups`, and when each came; in that order."""
    rows = await work.tx.fetch(
        "select e.person, e.created_at from patients.enrolment e where e.organization = $1 and not e.is_demo"
        " and ($2::uuid is null or e.person = $2) and ($3::uuid[] is null or exists (select"
        "  from patients.group_place g where g.organization = $1 and g.person = e.person"
        "  and g.patient_group = any($3::uuid[]))) order by e.created_at, e.key",
        organization,
        person,
        groups,
    )
    return {PersonKey(row["person"]): row["created_at"] for row in rows}


async def put(work: Work, organization: OrganizationKey, wanted: Mapping[PersonKey, Sequence[UUID]]) -> list[PersonKey]:
    """Make everybody's places exactly these; who has others now, in the order given."""
    people = list(wanted)
    pairs = [(person, group) for person, groups in wanted.items() for group in groups]
    gone = await work.tx.fetch(
        "delete from patients.group_place g where organization = $1 and person = any($2::uuid[]) and not exists"
        " (select from unnest($3::uuid[], $4::uuid[]) w(person, patient_group)"
        "  where w.person = g.person and w.patient_group = g.patient_group) returning person",
        organization,
        people,
        [person for person, _ in pairs],
        [group for _, group in pairs],
    )
    came = await work.tx.fetch(
        "insert into patients.group_place (patient_group, person, organization, enrolled_at, enrolment)"
        " select w.patient_group, w.person, $1, e.created_at, e.key"
        " from unnest($2::uuid[], $3::uuid[]) w(person, patient_group)"
        " join patients.enrolment e on e.organization = $1 and e.person = w.person"
        " on conflict do nothing returning person",
        organization,
        [person for person, _ in pairs],
        [group for _, group in pairs],
    )
    changed = {row["person"] for row in (*gone, *came)}
    return [person for person in people if person in changed]


async def insert_newcomers(work: Work, enrolments: Sequence[Enrolment], groups: Sequence[Sequence[UUID]]) -> None:
    """Places of people who came just now, in the groups of each."""
    await work.tx.copy_records_to_table(
        "group_place",
        schema_name="patients",
        columns=["patient_group", "person", "organization", "enrolled_at", "enrolment"],
        records=[
            (group, one.person, one.organization, one.created_at, one.key)
            for one, keys in zip(enrolments, groups, strict=True)
            for group in keys
        ],
    )


async def move(work: Work, source: OrganizationKey, target: OrganizationKey) -> None:
    """Take the places of the source to the target's enrolments; whoever has none there has no place."""
    await work.tx.execute(
        "update patients.group_place g set organization = $2, enrolled_at = e.created_at, enrolment = e.key"
        " from patients.enrolment e where g.organization = $1 and e.organization = $2 and e.person = g.person",
        source,
        target,
    )
    await work.tx.execute("delete from patients.group_place where organization = $1", source)


async def replace(work: Work, replaced: Sequence[tuple[UUID, UUID]]) -> None:
    """Places in groups that are gone become places in those that took over."""
    gone, kept = [one for one, _ in replaced], [one for _, one in replaced]
    await work.tx.execute(
        "insert into patients.group_place (patient_group, person, organization, enrolled_at, enrolment)"
        " select r.kept, g.person, g.organization, g.enrolled_at, g.enrolment from patients.group_place g"
        " join unnest($1::uuid[], $2::uuid[]) r(gone, kept) on r.gone = g.patient_group on conflict do nothing",
        gone,
        kept,
    )
    await work.tx.execute("delete from patients.group_place where patient_group = any($1::uuid[])", gone)
