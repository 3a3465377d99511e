"""Plans in a merge of organizations."""

from collections.abc import Mapping
from uuid import UUID

from openward.care import identity
from openward.care.coaching import joining_store, result_store, rules, store
from openward.care.work import OrganizationKey, PersonKey, Work


async def move(work: Work, source: OrganizationKey, target: OrganizationKey) -> None:
    """All plans of one organization belong to another; what a patient has in both is one plan, and both ids answer."""
    await _follow(work, await store.move(work, source, target))


async def join_people(work: Work, gone: PersonKey, kept: PersonKey) -> None:
    """The plan of one person goes into that of another, and both ids answer."""
    await _follow(work, await joining_store.join(work, gone, kept))


async def _follow(work: Work, places: Mapping[UUID, UUID]) -> None:
    """Ids of plans that ended mean those that took them in, whose days are counted in their own zones."""
    await identity.hand_over(work, places)
    for plan in (await store.plans(work, list(places.values()))).values():
        times = await result_store.times(work, plan.key)
        await result_store.put_days(work, {one: rules.local_day(at, plan.content.zone) for one, at in times.items()})
