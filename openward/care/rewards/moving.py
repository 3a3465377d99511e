"""Rewards in a merge of organizations."""

from collections.abc import Sequence
from uuid import UUID

from openward.care import identity
from openward.care.rewards import joining_store, program_store
from openward.care.work import OrganizationKey, PersonKey, Work


async def move(work: Work, source: OrganizationKey, target: OrganizationKey) -> None:
    """All programs and activations of one organization belong to another."""
    await program_store.move(work, source, target)


async def join_people(work: Work, gone: PersonKey, kept: PersonKey) -> None:
    """Rewards of one person belong to another, and both ids of what the two had alike answer."""
    await identity.hand_over(work, await joining_store.join(work, gone, kept))


async def replace_groups(work: Work, replaced: Sequence[tuple[UUID, UUID]]) -> None:
    """Programs of groups that are gone go on with the groups that took their places."""
    await program_store.replace_groups(work, replaced)
