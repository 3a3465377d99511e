"""What migrations and merges do to an organization, its labels and its members."""

from collections.abc import Collection, Mapping
from uuid import UUID

from openward.care.organizations import member_store, moving_store, store
from openward.care.organizations.member_store import MemberSearch
from openward.care.organizations.model import Member
from openward.care.organizations.rules import folded_site
from openward.care.work import OrganizationKey, Work
from openward.infra.db import from_json

_ALL = (1 << 31) - 1
_MERGED_INTO = "merged_into"


async def settle(work: Work, key: OrganizationKey) -> None:
    """The organization is like any other from now on: its old clinician account has begun to move in."""
    await store.put(work, key, "is_migrated", True)


async def whole_staff(work: Work, key: OrganizationKey) -> list[Member]:
    """Every member, pending ones included, newest first."""
    return await member_store.search(work, key, MemberSearch(), 0, _ALL)


async def keep_whole(work: Work, key: OrganizationKey, target: OrganizationKey, members: Collection[UUID]) -> None:
    """Archive an organization as it stands, with what takes it up, and those of its members who end with it."""
    await moving_store.archive_members(work, key, list(members))
    content = from_json(await store.whole(work, key))
    await store.archive(work, "organization", key, content | {_MERGED_INTO: target})


async def successor(work: Work, key: OrganizationKey) -> OrganizationKey:
    """What has taken an organization up, and what has taken that up in turn; itself when nothing has.

    For jobs that were deferred long ago and name the organization as it was.
    """
    following = await moving_store.merged_into(work, key, _MERGED_INTO)
    while following is not None:
        key = following
        following = await moving_store.merged_into(work, key, _MERGED_INTO)
    return key


async def take_labels(
    work: Work, source: OrganizationKey, target: OrganizationKey, tags: Collection[UUID], sites: Mapping[UUID, str]
) -> None:
    """These tags, and these sites under these names, belong to the target; their keys stay, and so do their ids."""
    folded = {site: folded_site(name) for site, name in sites.items()}
    await moving_store.move_labels(work, source, target, list(tags), sites, folded)
    for labels, column in ((tags, "has_had_tags"), (sites, "has_had_sites")):
        if labels:
            await store.put(work, target, column, True)


async def take_members(work: Work, source: OrganizationKey, target: OrganizationKey, members: Collection[UUID]) -> None:
    """These members belong to the target. An address that another member is known by is left out of the record."""
    await moving_store.move_members(work, source, target, list(members))


async def close(work: Work, source: OrganizationKey, target: OrganizationKey) -> None:
    """Remove an organization that another has taken up, with the labels and members that are left; `keep_whole` first.

    Whatever still refers to it makes this fail, and the whole merge with it.
    """
    await store.delete(work, source)
    await store.touch(work, target)
