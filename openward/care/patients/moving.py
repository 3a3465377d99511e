"""What a merge of organizations does to patients: a few statements, however many there are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from openward.care import audit, events
from openward.care.patients import keeping_store, moving_store
from openward.care.patients.model import ManyCreated
from openward.care.work import OrganizationKey, PersonKey, Work


@dataclass(frozen=True, slots=True)
class Brief:
    """What a merge looks at in an enrolment; tags and sites by their keys."""

    person: PersonKey
    full_name: str
    birth_date: date | None
    mrn: str | None
    email: str | None
    tags: tuple[UUID, ...]
    sites: tuple[UUID, ...]
    is_active: bool = True


@dataclass(frozen=True, slots=True)
class Takeover:
    """One organization's patients go to another: `moved` with their record, `merged` into the record there.

    tags: tags of the source that another tag takes the place of; all others keep their keys.
    members: members of the source who are members of the target, too, with the membership that stays.
    """

    source: OrganizationKey
    target: OrganizationKey
    moved: Sequence[PersonKey]
    merged: Sequence[PersonKey]
    tags: Mapping[UUID, UUID]
    is_mrn_unique: bool
    members: Mapping[UUID, UUID] = field(default_factory=dict)


async def brief(work: Work, organization: OrganizationKey) -> list[Brief]:
    """All patients of an organization without the demo patient, by name; none of it is shown without a note."""
    rows = await moving_store.brief(work, organization)
    return [
        Brief(
            person=PersonKey(row["person"]),
            full_name=row["full_name"],
            birth_date=row["birth_date"],
            mrn=row["mrn"],
            email=row["email"],
            tags=tuple(row["tags"]),
            sites=tuple(row["sites"]),
            is_active=row["is_active"],
        )
        for row in rows
    ]


async def people_of(work: Work, organization: OrganizationKey) -> dict[PersonKey, bool]:
    """The patients of an organization but the demo one, with whether each is active; for the house's bookkeeping."""
    return await moving_store.people_of(work, organization)


async def take_over(work: Work, given: Takeover) -> None:
    """Move and merge records; what ends (merged ones, the demo patient's) is archived whole.

    A target record gains tags and sites and keeps all else. Records of patients who were let go move as well, so that
    their names go on answering, unless the target has one. Lists do not follow by themselves.
    """
    await moving_store.end_merged(work, given.source, given.target, list(given.merged), given.tags)
    moved = await moving_store.move(
        work, given.source, given.target, list(given.moved), given.tags, given.is_mrn_unique
    )
    await moving_store.move_removed(work, given.source, given.target, given.tags)
    await keeping_store.move(work, given.source, given.target, given.merged, given.members)
    audit.note_all(work, "write", "enrolment", [*given.moved, *given.merged], given.target)
    audit.note_all(work, "delete", "enrolment", given.merged, given.source)
    if moved:
        events.record(work, ManyCreated(given.target, tuple(moved)))
