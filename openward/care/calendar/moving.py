"""Calendars in a merge of organizations."""

from collections.abc import Mapping, Sequence

from openward.care import organizations
from openward.care.calendar import list_store
from openward.care.organizations import Member
from openward.care.work import MemberKey, OrganizationKey, PersonKey, Work


async def move(work: Work, source: OrganizationKey, target: OrganizationKey) -> None:
    """What one organization has planned belongs to another, once its members have moved or become others there."""
    there = _by_person(await organizations.whole_staff(work, target))
    left = _by_person(await organizations.whole_staff(work, source))
    replaced = [(key, there[person]) for person, key in left.items() if person in there]
    await list_store.move(work, source, target, replaced)


def _by_person(staff: Sequence[Member]) -> Mapping[PersonKey, MemberKey]:
    return {one.person: one.key for one in staff if one.person is not None}
