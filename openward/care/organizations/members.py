"""Members of an organization: found, added, given other roles, removed; never without an admin."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from openward.care import accounts, events, identity
from openward.care.errors import NotFound, Unprocessable
from openward.care.organizations import member_store, store
from openward.care.organizations.member_store import MemberSearch
from openward.care.organizations.model import Member, Organization, Role, RolesChanged
from openward.care.organizations.read import lock
from openward.care.work import MemberKey, OrganizationKey, PersonKey, Work, new_key


async def membership(work: Work, organization: OrganizationKey, person: PersonKey | None) -> Member | None:
    """What this person is in that organization, if anything."""
    return None if person is None else await member_store.get(work, organization, person)


async def member(work: Work, organization: OrganizationKey, person: PersonKey) -> Member:
    """The membership of a person, or `NotFound`."""
    found = await member_store.get(work, organization, person)
    if found is None:
        raise NotFound("clinician not found")
    return found


async def members(
    work: Work,
    organization: OrganizationKey,
    *,
    search: str = "",
    email: str | None = None,
    role: Role | None = None,
    offset: int = 0,
    limit: int = 10,
) -> list[Member]:
    """Members and pending ones: by relevance when words are searched for, else newest first."""
    wanted = MemberSearch(tuple(search.split()), email.lower() if email is not None else None, role)
    return await member_store.search(work, organization, wanted, offset, limit)


async def memberships(work: Work, person: PersonKey, *, offset: int = 0, limit: int | None = None) -> list[Member]:
    """All memberships of a person, newest first."""
    return await member_store.of_person(work, person, offset, limit)


async def all_members(
    work: Work,
    *,
    created_from: datetime | None = None,
    created_until: datetime | None = None,
    offset: int = 0,
    limit: int = 10,
) -> list[Member]:
    """Members of all organizations, pending ones too, newest first; `created_until` is exclusive."""
    return await member_store.of_all(work, created_from, created_until, offset, limit)


async def member_organizations(work: Work, person: PersonKey) -> list[OrganizationKey]:
    """Where this person is a member, newest membership first."""
    return [found.organization for found in await memberships(work, person)]


async def with_admin(work: Work, organizations: Sequence[OrganizationKey]) -> set[OrganizationKey]:
    """Those of these organizations that have at least one admin."""
    return await member_store.has_admin(work, organizations)


async def add_member(
    work: Work,
    organization: OrganizationKey,
    *,
    person: PersonKey | None,
    email: str,
    roles: Sequence[Role],
    name: str | None = None,
    invite: str | None = None,
    is_service_account: bool = False,
) -> Member:
    """An active member, or a pending one when only the invite is known.

    `Unprocessable` when the organization is not migrated yet, `Conflict` when person, invite or address is there,
    `NotFound` for a person without account.
    """
    if person is not None:
        await accounts.lock(work, person)  # an account that is deleted at this moment must not leave a member behind
    await lock_migrated(work, organization)
    added = Member(
        key=MemberKey(new_key(work)),
        organization=organization,
        person=person,
        invite=invite,
        email=email.lower(),
        name=name,
        roles=tuple(roles),
        is_service_account=is_service_account,
        created_at=work.now,
        updated_at=work.now,
    )
    await member_store.insert(work, added)
    await identity.mint(work, added.key, identity.Kind.MEMBER)
    await store.touch(work, organization)
    return added


async def update_member(
    work: Work, organization: OrganizationKey, person: PersonKey, *, roles: Sequence[Role], name: str | None
) -> Member:
    """Write roles and name (None clears it); `Unprocessable` when no admin would be left."""
    await lock_migrated(work, organization)
    before = await member(work, organization, person)
    if before.is_admin and Role.ADMIN not in roles:
        await _refuse_last_admin(work, before)
    after = replace(before, roles=tuple(roles), name=name, updated_at=work.now)
    change: dict[str, object] | None = None
    if set(before.roles) != set(roles):
        change = {"roles": list(roles), "by": work.actor.person, "at": work.now}
        events.record(work, RolesChanged(organization, before.key, work.actor.person))
    await member_store.put(work, after, change)
    await store.touch(work, organization)
    return after


async def remove_member(work: Work, organization: OrganizationKey, person: PersonKey) -> None:
    """Archive a member and remove it; `Unprocessable` for the last admin, `NotFound` when unknown."""
    await lock_migrated(work, organization)
    leaving = await member(work, organization, person)
    if leaving.is_admin:
        await _refuse_last_admin(work, leaving)
    await store.archive(work, "member", organization, await member_store.delete(work, leaving.key))
    await store.touch(work, organization)


async def leave_all(work: Work, person: PersonKey) -> list[OrganizationKey]:
    """Archive and remove all memberships of a person, even the last admin's; where that leaves no admin."""
    orphaned = []
    # In the order of their keys, so that two people who leave the same organizations do not wait for each other.
    for place in sorted(await member_organizations(work, person)):
        await lock(work, place)
        leaving = await member_store.get(work, place, person)
        if leaving is None:
            continue
        if leaving.is_admin and await member_store.others_who_are_admin(work, leaving) == 0:
            orphaned.append(place)
        await store.archive(work, "member", place, await member_store.delete(work, leaving.key))
        await store.touch(work, place)
    return orphaned


async def change_email(work: Work, person: PersonKey, email: str, *, skips_taken: bool = False) -> None:
    """Give all memberships of a person this address.

    `Unprocessable` when somebody else has it in one of the organizations, or, `skips_taken`, leave it as it is there.
    """
    address = email.lower()
    for place in sorted(await member_organizations(work, person)):
        await lock(work, place)
        if not await member_store.is_free(work, place, address, person):
            if not skips_taken:
                raise Unprocessable("another clinician of the clinic has this address")
        elif await member_store.set_email(work, place, person, address):
            await store.touch(work, place)


async def lock_migrated(work: Work, organization: OrganizationKey) -> Organization:
    """The organization, locked; `Unprocessable` while it is being moved in: its members are not changed till then."""
    found = await lock(work, organization)
    if not found.is_migrated:
        raise Unprocessable("the clinic is not migrated yet")
    return found


async def _refuse_last_admin(work: Work, leaving: Member) -> None:
    if await member_store.others_who_are_admin(work, leaving) == 0:
        raise Unprocessable("the clinic must have an admin")
