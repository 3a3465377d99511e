"""Presets and encounter reports in a merge of organizations."""

from openward.care.reports import store
from openward.care.work import OrganizationKey, Work


async def move(work: Work, source: OrganizationKey, target: OrganizationKey) -> None:
    """All presets and orders of one organization belong to another."""
    await store.move(work, source, target)
