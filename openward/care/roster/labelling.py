"""Tags and sites of many patients at once, in records and lists together, with a few statements however many they are.

A statement on the records says whose changed, and the list follows for exactly those; the row of the organization is
locked first, so that two such changes come one after the other.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from openward.care import organizations, patients
from openward.care.errors import NotFound
from openward.care.organizations import Label, SiteDeleted, TagDeleted
from openward.care.roster import label_store
from openward.care.work import OrganizationKey, PersonKey, Work
from openward.infra.jobs import Deferred

FORGET = "roster.forget_label"
"""The job that takes a deleted label off the records that still have it."""
AT_ONCE = 1000
"""So many records lose a deleted label in the transaction that deletes it; the others in the job, batch by batch."""
_BATCH = 5000


async def assign_tag(
    work: Work, organization: OrganizationKey, tag: UUID, people: Sequence[PersonKey] | None = None
) -> int:
    """Give a tag of the organization to these patients (None: all) where it is missing; how many records changed.

    `NotFound` for a tag of somebody else; people who are no patients are passed over.
    """
    await organizations.lock(work, organization)
    known = (await organizations.tags(work, [organization])).get(organization, [])
    if all(one.key != tag for one in known):
        raise NotFound("tag not found")
    changed = await patients.add_tag(work, organization, tag, people)
    await label_store.spread(work, organization, tag, changed, is_site=False)
    return len(changed)


async def withdraw_tag(
    work: Work, organization: OrganizationKey, tag: UUID, people: Sequence[PersonKey] | None = None
) -> int:
    """Take a tag off these patients (None: all); how many records changed. The tag may be gone already."""
    await organizations.lock(work, organization)
    changed = await patients.remove_tag(work, organization, tag, people)
    await label_store.withdraw(work, organization, tag, changed)
    return len(changed)


async def convert_tag(work: Work, organization: OrganizationKey, tag: UUID) -> Label:
    """Make a site of a tag, for its patients too. Errors as for `organizations.convert_tag`."""
    site = await organizations.convert_tag(work, organization, tag)
    changed = await patients.tag_to_site(work, organization, tag, site.key)
    await label_store.withdraw(work, organization, tag, changed)
    await label_store.spread(work, organization, site.key, changed, is_site=True)
    return site


async def merge_site(work: Work, organization: OrganizationKey, target: UUID, source: UUID | None) -> Label:
    """Merge a site into another, for its patients too. Errors as for `organizations.merge_site`."""
    kept = await organizations.merge_site(work, organization, target, source)
    if source is not None:
        changed = await patients.site_to_site(work, organization, source, target)
        await label_store.withdraw(work, organization, source, changed)
        await label_store.spread(work, organization, target, changed, is_site=True)
    return kept


async def follow_tag(work: Work, event: TagDeleted) -> None:
    """Take a deleted tag off the list at once, off the first records, and by a job off the others."""
    await _begin_forgetting(work, event.organization, event.tag, is_site=False)


async def follow_site(work: Work, event: SiteDeleted) -> None:
    """The same for a site."""
    await _begin_forgetting(work, event.organization, event.site, is_site=True)


async def _begin_forgetting(work: Work, organization: OrganizationKey, label: UUID, *, is_site: bool) -> None:
    listed = await label_store.who(work, organization, label, AT_ONCE)
    if listed:
        # Records before the list, as everybody writes them.
        forget = patients.forget_site if is_site else patients.forget_tag
        await forget(work, organization, label, listed, AT_ONCE)
    await label_store.drop(work, organization, label)
    data = {"organization": str(organization), "label": str(label), "is_site": is_site}
    work.tasks.append(Deferred(FORGET, data, key=f"{FORGET}:{label}"))


async def forget_label(work: Work, data: Mapping[str, Any]) -> None:
    """The job: one batch of records, and once more as long as there may be another. Running it again changes nothing.

    A record that was written after the label was deleted has brought it back to the list, hence the list follows.
    """
    organization = await organizations.successor(work, OrganizationKey(UUID(data["organization"])))
    label = UUID(data["label"])
    forget = patients.forget_site if data["is_site"] else patients.forget_tag
    changed = await forget(work, organization, label, None, _BATCH)
    await label_store.withdraw(work, organization, label, changed)
    if len(changed) == _BATCH:
        work.tasks.append(Deferred(FORGET, data))
