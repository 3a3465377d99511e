"""What migrations and merges do to an organization, its labels and its members."""

from openward.care.organizations import store
from openward.care.work import OrganizationKey, Work


async def settle(work: Work, key: OrganizationKey) -> None:
    """The organization is like any other from now on: its old clinician account has begun to move in."""
    await store.put(work, key, "is_migrated", True)
