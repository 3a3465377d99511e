"""Places, devices and requests in a merge of organizations."""

from openward.care import identity
from openward.care.assistance import moving_store
from openward.care.work import OrganizationKey, Work


async def move(work: Work, source: OrganizationKey, target: OrganizationKey) -> None:
    """All of them belong to another organization; a device that it knows already takes up the requests of its twin."""
    twins = await moving_store.twins(work, source, target)
    if twins:
        await moving_store.unite(work, twins)
        await identity.hand_over(work, twins)
    await moving_store.move(work, source, target)
