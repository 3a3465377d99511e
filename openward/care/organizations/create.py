"""A new organization, and the first admin it begins with."""

from openward.care import accounts, events, identity
from openward.care.errors import Conflict
from openward.care.organizations import member_store, store
from openward.care.organizations.model import (
    DEFAULT_TIER,
    Limit,
    Member,
    Organization,
    OrganizationCreated,
    PatientLimits,
    Profile,
    Role,
)
from openward.care.work import MemberKey, OrganizationKey, PersonKey, Work, new_key

FIRST_PLAN = 250
"""Tidepool: a new clinic starts with this hard limit of patients."""
_DRAWS = 100


async def create(
    work: Work,
    profile: Profile,
    *,
    admin: PersonKey | None,
    tier: str = DEFAULT_TIER,
    is_migrated: bool = True,
    provisioning_key: str | None = None,
) -> Organization:
    """Make an organization, born with all its names, with `admin` as its first member.

    `Conflict` when the provisioning key is taken. What follows (the demo patient) hangs on `OrganizationCreated`.
    """
    organization = Organization(
        key=OrganizationKey(new_key(work)),
        profile=profile,
        tier=tier,
        is_migrated=is_migrated,
        limits=PatientLimits(hard=Limit(FIRST_PLAN)),
        created_at=work.now,
        updated_at=work.now,
        provisioning_key=provisioning_key,
    )
    await store.insert(work, organization)
    await _mint(work, organization.key)
    if admin is not None:
        await _first_admin(work, organization.key, admin)
    events.record(work, OrganizationCreated(organization.key, admin))
    return organization


async def _mint(work: Work, key: OrganizationKey) -> None:
    """Share codes are drawn at random; the rare collision means drawing again."""
    for draw in range(_DRAWS):
        try:
            await identity.mint(work, key, identity.Kind.ORGANIZATION)
        except Conflict:
            if draw == _DRAWS - 1:
                raise
        else:
            return


async def _first_admin(work: Work, key: OrganizationKey, person: PersonKey) -> None:
    account = await accounts.get(work, person)
    profile = await accounts.document(work, person, "profile")
    name = profile.get("fullName")
    member = Member(
        key=MemberKey(new_key(work)),
        organization=key,
        person=person,
        invite=None,
        email=(account.email or "").lower(),
        name=name if isinstance(name, str) and name else None,
        roles=(Role.ADMIN,),
        is_service_account=False,
        created_at=work.now,
        updated_at=work.now,
    )
    await member_store.insert(work, member)
    await identity.mint(work, member.key, identity.Kind.MEMBER)
