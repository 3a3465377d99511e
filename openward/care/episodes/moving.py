"""Episodes in a merge of organizations."""

from openward.care.episodes import store
from openward.care.work import OrganizationKey, Work


async def move(work: Work, source: OrganizationKey, target: OrganizationKey) -> None:
    """All episodes and types of one organization belong to another."""
    await store.move(work, source, target)
