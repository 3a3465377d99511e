"""Plans in a merge of organizations."""

from openward.care import identity
from openward.care.coaching import result_store, rules, store
from openward.care.work import OrganizationKey, Work


async def move(work: Work, source: OrganizationKey, target: OrganizationKey) -> None:
    """All plans of one organization belong to another; what a patient has in both is one plan, and both ids answer."""
    places = await store.move(work, source, target)
    await identity.hand_over(work, places)
    for plan in (await store.plans(work, list(places.values()))).values():
        times = await result_store.times(work, plan.key)
        await result_store.put_days(work, {one: rules.local_day(at, plan.content.zone) for one, at in times.items()})
