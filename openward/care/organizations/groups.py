"""Groups of an organization: patients who are coached together, and the members who look after them."""

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from openward.care import events, identity
from openward.care.errors import Conflict, NotFound
from openward.care.identity import Kind
from openward.care.organizations import group_store
from openward.care.organizations.group_store import Group
from openward.care.organizations.model import GroupsTaken
from openward.care.work import MemberKey, OrganizationKey, Work, new_key


async def create_group(work: Work, organization: OrganizationKey, name: str, bio: str | None = None) -> Group:
    """A new group; `Conflict` when another has the very name."""
    made = Group(new_key(work), organization, name, bio, work.now)
    if not await group_store.insert(work, made):
        raise Conflict("a group of this name exists")
    await identity.mint(work, made.key, Kind.GROUP)
    return made


async def rename_group(work: Work, organization: OrganizationKey, key: UUID, name: str) -> None:
    """Give a group another name.

    `NotFound` for one that is not the organization's; `Conflict` when another has the very name.
    """
    if (await group(work, key)).organization != organization:
        raise NotFound("no such group")
    if not await group_store.rename(work, key, name):
        raise Conflict("a group of this name exists")


async def group_by_name(work: Work, organization: OrganizationKey, name: str) -> Group | None:
    """The group of exactly this name."""
    found = await group_store.by_names(work, organization, [name])
    return found.get(name)


async def groups_by_names(work: Work, organization: OrganizationKey, names: Collection[str]) -> dict[str, Group]:
    """These groups by name, made where missing; of two who make one at the same time both get the same."""
    found = await group_store.by_names(work, organization, list(names))
    missing = [name for name in dict.fromkeys(names) if name not in found]
    made = [Group(new_key(work), organization, name, None, work.now) for name in missing]
    kept = [group for group in made if await group_store.insert(work, group)]
    await identity.mint_many(work, [group.key for group in kept], Kind.GROUP)
    found |= {group.name: group for group in kept}
    if len(kept) < len(made):
        found |= await group_store.by_names(work, organization, missing)
    return found


async def groups(work: Work, organization: OrganizationKey) -> list[Group]:
    """All groups of an organization, in the order they were made."""
    return await group_store.of_organization(work, organization)


async def group(work: Work, key: UUID) -> Group:
    """One group; `NotFound` for an unknown one."""
    found = await group_store.get_many(work, [key])
    if key not in found:
        raise NotFound("no such group")
    return found[key]


async def get_groups(work: Work, keys: Sequence[UUID]) -> dict[UUID, Group]:
    """These groups by key; unknown ones are absent."""
    return await group_store.get_many(work, keys)


async def put_group(work: Work, organization: OrganizationKey, name: str, bio: str | None) -> Group:
    """The group of this name with this text, made when missing; None leaves the text as it is."""
    found = (await groups_by_names(work, organization, [name]))[name]
    if bio is not None and bio != (found.bio or ""):
        await group_store.set_bio(work, found.key, bio)
    return found


async def set_member_groups(work: Work, member: MemberKey, keys: Collection[UUID]) -> None:
    """A member looks after exactly these groups."""
    await group_store.set_member_groups(work, member, sorted(set(keys)))


async def member_groups(work: Work, members: Sequence[MemberKey]) -> Mapping[MemberKey, tuple[UUID, ...]]:
    """The groups that each of these members looks after; one statement for all."""
    return await group_store.member_groups(work, members)


async def take_groups(work: Work, source: OrganizationKey, target: OrganizationKey) -> None:
    """After a merge the groups belong to the target; of two with one name the target's goes on, under both ids.

    Who is a member of both looks after them as a member of the target, under the names that he coached by.
    """
    await group_store.follow_members(work, source, target)
    same = await group_store.same_names(work, source, target)
    await group_store.unite(work, same)
    for gone, kept in same.items():
        await identity.merge(work, gone, kept)
    await group_store.move(work, source, target)
    if same:
        events.record(work, GroupsTaken(target, tuple(same.items())))


__all__ = [
    "Group",
    "create_group",
    "get_groups",
    "group",
    "group_by_name",
    "groups",
    "groups_by_names",
    "member_groups",
    "put_group",
    "rename_group",
    "set_member_groups",
    "take_groups",
]
