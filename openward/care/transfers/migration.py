"""Migrations of old clinician accounts: begun, listed, watched; the moving itself is a job (`carry`)."""

from collections.abc import Sequence
from dataclasses import replace

from openward.care import accounts, organizations
from openward.care.accounts import Role as AccountRole
from openward.care.errors import Conflict, NotFound, Unprocessable
from openward.care.organizations import Organization, Profile, Role
from openward.care.transfers import store
from openward.care.transfers.carry import defer
from openward.care.transfers.model import Migration, Outcome, Progress, Refusal, Status
from openward.care.work import OrganizationKey, PersonKey, Work


async def enable(work: Work, person: PersonKey) -> Organization:
    """An empty organization for an old clinic account to fill in; asked again, the same one.

    `NotFound` for an unknown account, `Unprocessable` for one of another kind, `Conflict` once it has a migration.
    """
    account = await accounts.lock(work, person)
    if AccountRole.CLINIC not in account.roles:
        raise Unprocessable("the user is not a legacy clinic account")
    if await store.get(work, person) is not None:
        raise Conflict("the account has a migration already")
    memberships = [found for found in await organizations.memberships(work, person) if found.is_admin]
    places = await organizations.get_many(work, [found.organization for found in memberships])
    waiting = [place for place in places.values() if not place.is_migrated]
    if waiting:
        return min(waiting, key=lambda place: (place.created_at, place.key))
    return await organizations.create(work, Profile(), admin=person, is_migrated=False)


async def trigger(work: Work, organization: OrganizationKey, *, is_attested: bool) -> Migration:
    """Begin with the admin who made the organization; from now on it is like any other.

    `Unprocessable` when it is migrated already, says too little about itself, has not exactly one admin, or one whose
    account is not of the old kind.
    """
    place = await organizations.lock(work, organization)
    if place.is_migrated:
        raise Unprocessable("the clinic is migrated already")
    if not organizations.is_complete(place):
        raise Unprocessable("the profile of the clinic is incomplete")
    found = await organizations.members(work, organization, role=Role.ADMIN, limit=2)
    admins = [member.person for member in found if member.person is not None]
    if len(admins) != 1:
        raise Unprocessable("the clinic must have exactly one admin")
    account = await accounts.get(work, admins[0])
    if AccountRole.CLINIC not in account.roles:
        raise Unprocessable("the admin is not a legacy clinic account")
    migration = await _begin(work, organization, admins[0], is_attested=is_attested)
    await organizations.settle(work, organization)
    return migration


async def add(work: Work, organization: OrganizationKey, person: PersonKey) -> Migration:
    """The account of another member, too. `NotFound` for a stranger, `Unprocessable` before `trigger`, `Conflict`."""
    place = await organizations.lock(work, organization)
    await organizations.member(work, organization, person)
    if not place.is_migrated:
        raise Unprocessable("the clinic is not migrated yet")
    return await _begin(work, organization, person, is_attested=False)


async def _begin(work: Work, organization: OrganizationKey, person: PersonKey, *, is_attested: bool) -> Migration:
    migration = Migration(
        person=person,
        organization=organization,
        status=Status.PENDING,
        created_at=work.now,
        updated_at=work.now,
        attested_at=work.now if is_attested else None,
    )
    await store.insert(work, migration)
    defer(work, person)
    return migration


async def migrations(work: Work, organization: OrganizationKey) -> list[Migration]:
    """All migrations into an organization, oldest first."""
    return await store.of_organization(work, organization)


async def migration(work: Work, organization: OrganizationKey, person: PersonKey) -> Migration:
    """The migration of an account into this organization, or `NotFound`."""
    found = await store.get(work, person)
    if found is None or found.organization != organization:
        raise NotFound("migration not found")
    return found


async def set_status(work: Work, organization: OrganizationKey, person: PersonKey, status: Status) -> Migration:
    """Say how far it is; `Unprocessable` for a step back. The job goes on by itself whatever was said."""
    found = await store.get(work, person, lock=True)
    if found is None or found.organization != organization:
        raise NotFound("migration not found")
    if not found.status.may_become(status):
        raise Unprocessable(f"a migration that is {found.status} cannot be {status} again")
    if found.status is status:
        return found
    changed = replace(found, status=status, updated_at=work.now)
    await store.put(work, changed)
    return changed


async def progress(work: Work, found: Sequence[Migration]) -> dict[PersonKey, Progress]:
    """How many of how many, for each of these migrations, in two queries."""
    people = [one.person for one in found]
    outcomes = await store.outcomes(work, people)
    sharing = await accounts.count_shared_with(work, people)
    return {one.person: _progress(one, outcomes.get(one.person, {}), sharing.get(one.person, 0)) for one in found}


def _progress(one: Migration, outcomes: dict[Outcome, int], sharing: int) -> Progress:
    done = sum(outcomes.values())
    # The refused still share; and whoever shares after the end shares with a clinician, as anybody may.
    left = 0 if one.ended_at else max(sharing - outcomes.get(Outcome.REFUSED, 0), 0)
    return Progress(done + left, done, outcomes)


async def refusals(work: Work, found: Migration, *, limit: int = 100) -> list[Refusal]:
    """Who could not be enrolled and why, newest first."""
    return await store.refusals(work, found.person, limit)


async def retry(work: Work, found: Migration) -> None:
    """Try those who were refused once more, after what stood against them has been mended."""
    held = await store.get(work, found.person, lock=True)
    if held is None:
        raise NotFound("migration not found")
    await store.forget_refusals(work, held.person)
    await store.put(work, replace(held, ended_at=None, updated_at=work.now))
    defer(work, held.person)
