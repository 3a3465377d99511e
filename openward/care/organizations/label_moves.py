"""A tag that becomes a site, and a site that is merged into another; what patients have follows in `roster`."""

from uuid import UUID

from openward.care import identity
from openward.care.errors import Conflict, Invalid, NotFound, Unprocessable
from openward.care.identity import Kind
from openward.care.organizations import label_store, store
from openward.care.organizations.label_store import LabelKind
from openward.care.organizations.model import MOST_LABELS, Label
from openward.care.organizations.read import lock
from openward.care.organizations.rules import folded_site, free_site_name
from openward.care.work import OrganizationKey, Work, new_key


async def convert_tag(work: Work, organization: OrganizationKey, tag: UUID) -> Label:
    """Delete the tag and make a site of its name, with ` (2)`, ` (3)` ... behind it where a site has that already.

    `NotFound` for an unknown tag, `Conflict` when there are as many sites as there may be.
    """
    await lock(work, organization)
    tags = (await label_store.of(work, LabelKind.TAG, [organization])).get(organization, [])
    before = next((one for one in tags if one.key == tag), None)
    if before is None:
        raise NotFound("tag not found")
    sites = (await label_store.of(work, LabelKind.SITE, [organization])).get(organization, [])
    if len(sites) >= MOST_LABELS:
        raise Conflict(f"the clinic has {MOST_LABELS} sites already")
    name = free_site_name(before.name, [site.name for site in sites])
    made = Label(new_key(work), organization, name)
    await label_store.insert(work, LabelKind.SITE, made, folded_site(name))
    await identity.mint(work, made.key, Kind.SITE)
    await label_store.delete(work, LabelKind.TAG, organization, tag)
    await store.put(work, organization, "has_had_sites", True)
    return made


async def merge_site(work: Work, organization: OrganizationKey, target: UUID, source: UUID | None) -> Label:
    """Delete the source; the target stays as it is.

    `Invalid` for a site and itself, `NotFound` for an unknown target, `Unprocessable` for an unknown source.
    """
    if source == target:
        raise Invalid("a site cannot be merged with itself")
    await lock(work, organization)
    sites = (await label_store.of(work, LabelKind.SITE, [organization])).get(organization, [])
    kept = next((site for site in sites if site.key == target), None)
    if kept is None:
        raise NotFound("site not found")
    if source is None or not await label_store.delete(work, LabelKind.SITE, organization, source):
        raise Unprocessable("the clinic has no such site")
    await store.touch(work, organization)
    return kept
