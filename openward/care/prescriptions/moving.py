"""Prescriptions in a merge of organizations."""

from openward.care.prescriptions import moving_store
from openward.care.work import OrganizationKey, Work


async def move(work: Work, source: OrganizationKey, target: OrganizationKey) -> None:
    """All prescriptions of one organization belong to another, with their revisions."""
    await moving_store.move(work, source, target)
