"""Groups in the list: who is in which, as `patients` has it, so that the list can be asked for a group."""

from collections.abc import Sequence
from uuid import UUID

from openward.care import patients
from openward.care.patients import Regrouped
from openward.care.roster import label_store
from openward.care.work import OrganizationKey, PersonKey, Work


async def follow_groups(work: Work, event: Regrouped) -> None:
    """Patients are in other groups: their labels follow, and the counts."""
    await label_store.tally(work, event.organization, await regroup(work, event.organization, event.people))


async def regroup(work: Work, organization: OrganizationKey, people: Sequence[PersonKey]) -> dict[UUID, int]:
    """Let those of these people who are on the list have the labels of their groups; what came and went."""
    groups = await patients.groups_of(work, organization, people)
    pairs = [(person, key) for person, keys in groups.items() for key in keys]
    return await label_store.regroup(work, organization, people, pairs)


async def replace_groups(work: Work, organization: OrganizationKey, replaced: Sequence[tuple[UUID, UUID]]) -> None:
    """In a merge groups took the place of others of the same name."""
    await label_store.replace_groups(work, organization, replaced)
