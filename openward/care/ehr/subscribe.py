"""Subscriptions: a record system ordered that an organization reports on its patient, or that it stops."""

from collections.abc import Sequence
from uuid import UUID

from openward.care import audit
from openward.care.ehr import delivery_store, store, subscription_store, task_store
from openward.care.ehr.model import Subscription
from openward.care.ehr.settings import Provider
from openward.care.patients import ClaimedRemoved, EnrolmentEnded, MRNChanged
from openward.care.work import OrganizationKey, PersonKey, Work

_WHAT = "ehr-subscription"


async def subscribe(
    work: Work, organization: OrganizationKey, person: PersonKey, provider: Provider, message: UUID, *, is_active: bool
) -> bool:
    """Switch the reports on a patient on or off, as the order `message` (the key of a kept message) says.

    Returns whether anything changed: an order that was matched before changes nothing, whatever it says now.
    """
    await subscription_store.lock(work, organization, person, provider)
    if not await subscription_store.add_message(work, organization, person, provider, message):
        return False
    await subscription_store.set_active(work, organization, person, provider, is_active)
    audit.note(work, "write", _WHAT, person, organization)
    return True


async def subscription(
    work: Work, organization: OrganizationKey, person: PersonKey, provider: Provider
) -> Subscription | None:
    """One subscription, None when nothing was ever ordered."""
    found = await subscription_store.of(work, organization, [person])
    return next((one for one in found if one.provider is provider), None)


async def subscriptions(
    work: Work, organization: OrganizationKey, persons: Sequence[PersonKey]
) -> dict[PersonKey, list[Subscription]]:
    """All subscriptions of many patients of one organization, in one query; who has none is absent."""
    found: dict[PersonKey, list[Subscription]] = {}
    for one in await subscription_store.of(work, organization, persons):
        found.setdefault(one.person, []).append(one)
    return found


async def mrn_changed(work: Work, event: MRNChanged) -> None:
    """The orders named another number: nothing is reported any more until the patient is ordered again."""
    await subscription_store.end(work, event.organization, [event.person])


async def enrolment_ended(work: Work, event: EnrolmentEnded) -> None:
    """The organization let go of the patient: nothing is reported, and coming back does not start it again."""
    await subscription_store.end(work, event.organization, [event.person])


async def claimed_removed(work: Work, event: ClaimedRemoved) -> None:
    """The same for many patients."""
    await subscription_store.end(work, event.organization, event.people)


async def move(work: Work, source: OrganizationKey, target: OrganizationKey, moved: Sequence[PersonKey]) -> None:
    """Follow a merge: the patients who moved keep their subscriptions and tasks; messages go with their organization.

    Nobody of those `moved` was a patient of the target. Who was keeps what the target has, and nothing of the source.
    """
    await subscription_store.move(work, source, target, moved)
    await task_store.move(work, source, target, moved)
    await delivery_store.move(work, source, target, moved)
    await store.move(work, source, target)
