"""The types of episodes that an organization has named."""

from collections.abc import Sequence

from openward.care import organizations
from openward.care.episodes import store
from openward.care.work import OrganizationKey, Work


async def types(work: Work, organization: OrganizationKey) -> list[str]:
    """The types, by name."""
    return await store.types(work, organization)


async def set_types(work: Work, organization: OrganizationKey, names: Sequence[str]) -> None:
    """Exactly these from now on; episodes that have another keep it until they are written again."""
    await organizations.lock(work, organization)
    await store.set_types(work, organization, names)
