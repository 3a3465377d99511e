"""Confirmations in a merge of organizations: whoever shares with or was invited to the one is led to the other."""

from openward.care.accounts import moving_store
from openward.care.work import OrganizationKey, Work


async def move_confirmations(work: Work, source: OrganizationKey, target: OrganizationKey) -> None:
    """Confirmations of one organization belong to another; of two that ask the same the target's goes on waiting."""
    await moving_store.move_confirmations(work, source, target)
