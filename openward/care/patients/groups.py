"""Patients in groups of their organization, and whom a program that is confined to groups reaches."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from openward.care import audit, events
from openward.care.patients import group_store
from openward.care.patients.model import Regrouped
from openward.care.work import OrganizationKey, PersonKey, Work


async def groups_of(
    work: Work, organization: OrganizationKey, persons: Sequence[PersonKey]
) -> Mapping[PersonKey, tuple[UUID, ...]]:
    """The groups of each of these patients, oldest group first; one statement for all."""
    return await group_store.groups_of(work, organization, persons) if persons else {}


async def in_groups(
    work: Work, organization: OrganizationKey, groups: Collection[UUID] | None, persons: Sequence[PersonKey]
) -> set[PersonKey]:
    """Those of these people who are or were patients and in one of these groups; None stands for all groups."""
    wanted = None if groups is None else list(groups)
    return await group_store.in_groups(work, organization, wanted, persons) if persons else set()


async def came(
    work: Work, organization: OrganizationKey, groups: Collection[UUID] | None = None, person: PersonKey | None = None
) -> dict[PersonKey, datetime]:
    """Who is or was a patient and when each came, in that order: of these groups (None: all), or one of them alone.

    The demo patient is left out; none of it is shown without a note.
    """
    return await group_store.came(work, organization, None if groups is None else list(groups), person)


async def put_groups(work: Work, organization: OrganizationKey, wanted: Mapping[PersonKey, Collection[UUID]]) -> None:
    """These patients are in exactly these groups from now on; that the groups are the organization's is checked before.

    Whoever is no patient of the organization is passed over.
    """
    places = {person: sorted(set(groups)) for person, groups in wanted.items()}
    changed = await group_store.put(work, organization, places)
    if changed:
        audit.note_all(work, "write", "groups", changed, organization)
        events.record(work, Regrouped(organization, tuple(changed)))


async def move_groups(work: Work, source: OrganizationKey, target: OrganizationKey) -> None:
    """After a merge the places in groups belong to the target, with its enrolments."""
    await group_store.move(work, source, target)


async def replace_groups(work: Work, replaced: Sequence[tuple[UUID, UUID]]) -> None:
    """Whoever was in a group that is gone is in the one that took its place."""
    await group_store.replace(work, replaced)
