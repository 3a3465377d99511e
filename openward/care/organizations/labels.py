"""Tags and sites of an organization: made, renamed, deleted, looked up."""

from collections.abc import Sequence
from uuid import UUID

from openward.care import events, identity
from openward.care.errors import Conflict, NotFound, Unprocessable
from openward.care.identity import Kind, System
from openward.care.organizations import label_store, store
from openward.care.organizations.label_store import LabelKind
from openward.care.organizations.model import MOST_LABELS, Label, SiteDeleted, TagDeleted
from openward.care.organizations.read import lock
from openward.care.organizations.rules import folded_site, folded_tag, site_name, tag_name
from openward.care.work import OrganizationKey, Work, new_key

_NAMED = {
    LabelKind.TAG: (Kind.TAG, tag_name, folded_tag),
    LabelKind.SITE: (Kind.SITE, site_name, folded_site),
}


async def tags(work: Work, organizations: Sequence[OrganizationKey]) -> dict[OrganizationKey, list[Label]]:
    """All tags of these organizations, in the order they were made."""
    return await label_store.of(work, LabelKind.TAG, organizations)


async def sites(work: Work, organizations: Sequence[OrganizationKey]) -> dict[OrganizationKey, list[Label]]:
    """All sites of these organizations, in the order they were made."""
    return await label_store.of(work, LabelKind.SITE, organizations)


async def create_tag(work: Work, organization: OrganizationKey, name: str) -> Label:
    """`Unprocessable` when there are too many (looked at first), `Conflict` when the name is taken."""
    return await _create(work, LabelKind.TAG, organization, name)


async def create_site(work: Work, organization: OrganizationKey, name: str) -> Label:
    """`Unprocessable` when there are too many, `Conflict` when the name is taken."""
    return await _create(work, LabelKind.SITE, organization, name)


async def rename_tag(work: Work, organization: OrganizationKey, key: UUID, name: str) -> Label:
    """`NotFound` for a tag of another organization, `Conflict` when another tag has the name."""
    return await _rename(work, LabelKind.TAG, organization, key, name)


async def rename_site(work: Work, organization: OrganizationKey, key: UUID, name: str) -> Label:
    """`NotFound` for a site of another organization, `Conflict` when another site has the name."""
    return await _rename(work, LabelKind.SITE, organization, key, name)


async def delete_tag(work: Work, organization: OrganizationKey, key: UUID) -> None:
    """Take a tag off the organization and, by what follows, off its patients; an unknown one is no error."""
    await lock(work, organization)
    if await label_store.delete(work, LabelKind.TAG, organization, key):
        await store.touch(work, organization)
        events.record(work, TagDeleted(organization, key))


async def delete_site(work: Work, organization: OrganizationKey, key: UUID) -> None:
    """Take a site off the organization and, by what follows, off its patients; `NotFound` when unknown."""
    await lock(work, organization)
    if not await label_store.delete(work, LabelKind.SITE, organization, key):
        raise NotFound("site not found")
    await store.touch(work, organization)
    events.record(work, SiteDeleted(organization, key))


async def tag_keys(work: Work, ids: Sequence[str]) -> list[UUID]:
    """The keys of tags named from outside, in order and once each.

    Tidepool does not check that a patient's tags exist: an id that nobody has used becomes the name of a tag without
    an organization, so that it can be given back as it came.
    """
    wanted = list(dict.fromkeys(ids))
    known = await identity.resolve_many(work, System.TAG, wanted)
    unknown = [value for value in wanted if value not in known]
    if unknown:
        known |= await identity.adopt(work, System.TAG, unknown, Kind.TAG)
    return [known[value] for value in wanted]


async def _create(work: Work, kind: LabelKind, organization: OrganizationKey, name: str) -> Label:
    named, checked, folded = _NAMED[kind]
    name = checked(name)
    await lock(work, organization)
    present = (await label_store.of(work, kind, [organization])).get(organization, [])
    if len(present) >= MOST_LABELS:
        raise Unprocessable(f"the clinic has {MOST_LABELS} {kind.value}s already")
    if any(folded(label.name) == folded(name) for label in present):
        raise Conflict(f"a {kind.value} of this name exists")
    label = Label(new_key(work), organization, name)
    await label_store.insert(work, kind, label, folded(name))
    await identity.mint(work, label.key, named)
    await store.put(work, organization, f"has_had_{kind.value}s", True)
    return label


async def _rename(work: Work, kind: LabelKind, organization: OrganizationKey, key: UUID, name: str) -> Label:
    _, checked, folded = _NAMED[kind]
    name = checked(name)
    await lock(work, organization)
    present = (await label_store.of(work, kind, [organization])).get(organization, [])
    if all(label.key != key for label in present):
        raise NotFound(f"{kind.value} not found")
    if any(label.key != key and folded(label.name) == folded(name) for label in present):
        raise Conflict(f"a {kind.value} of this name exists")
    label = Label(key, organization, name)
    await label_store.rename(work, kind, label, folded(name))
    await store.touch(work, organization)
    return label
