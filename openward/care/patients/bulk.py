"""Labels of many patients at once. Lists do not follow by themselves: `roster.labelling` calls these and sees to it."""

from collections.abc import Sequence
from uuid import UUID

from openward.care import audit
from openward.care.patients import bulk_store
from openward.care.work import OrganizationKey, PersonKey, Work


async def add_tag(
    work: Work, organization: OrganizationKey, tag: UUID, people: Sequence[PersonKey] | None
) -> list[PersonKey]:
    """Give a tag to these active patients (None: all); who is no patient is passed over. Whose record changed."""
    return _noted(work, organization, await bulk_store.add_tag(work, organization, tag, people))


async def remove_tag(
    work: Work, organization: OrganizationKey, tag: UUID, people: Sequence[PersonKey] | None
) -> list[PersonKey]:
    """Take a tag off these active patients (None: all). Whose record changed."""
    return _noted(work, organization, await bulk_store.remove_tag(work, organization, tag, people))


async def forget_tag(
    work: Work, organization: OrganizationKey, tag: UUID, people: Sequence[PersonKey] | None, most: int
) -> list[PersonKey]:
    """Take a deleted tag off these patients or, without names, off the first `most` that still have it."""
    return _noted(work, organization, await bulk_store.forget(work, "tags", organization, tag, people, most))


async def forget_site(
    work: Work, organization: OrganizationKey, site: UUID, people: Sequence[PersonKey] | None, most: int
) -> list[PersonKey]:
    """Take a deleted site off these patients or, without names, off the first `most` that still have it."""
    return _noted(work, organization, await bulk_store.forget(work, "sites", organization, site, people, most))


async def tag_to_site(work: Work, organization: OrganizationKey, tag: UUID, site: UUID) -> list[PersonKey]:
    """Whoever has the tag gets the site instead. The active ones among them."""
    return _active(work, organization, await bulk_store.tag_to_site(work, organization, tag, site))


async def site_to_site(work: Work, organization: OrganizationKey, source: UUID, target: UUID) -> list[PersonKey]:
    """Whoever has the source gets the target in its place. The active ones among them."""
    return _active(work, organization, await bulk_store.site_to_site(work, organization, source, target))


def _active(work: Work, organization: OrganizationKey, changed: list[tuple[PersonKey, bool]]) -> list[PersonKey]:
    _noted(work, organization, [person for person, _ in changed])
    return [person for person, is_active in changed if is_active]


def _noted(work: Work, organization: OrganizationKey, people: list[PersonKey]) -> list[PersonKey]:
    audit.note_all(work, "write", "labels", people, organization)
    return people
