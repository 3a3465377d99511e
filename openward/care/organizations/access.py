"""Who may act in an organization: members by their roles, services everywhere."""

from openward.care.errors import NotAllowed
from openward.care.organizations.members import membership
from openward.care.organizations.model import Member
from openward.care.work import ActorKind, OrganizationKey, Work


async def may_act(work: Work, organization: OrganizationKey | None, *, as_admin: bool = False) -> bool:
    """Whether the caller is a signed-in member (or admin) of this organization; services are not members."""
    return await acting_member(work, organization, as_admin=as_admin) is not None


async def acting_member(work: Work, organization: OrganizationKey | None, *, as_admin: bool = False) -> Member | None:
    """The caller's own membership, if it lets him see patients (or change the organization, `as_admin`)."""
    if organization is None or work.actor.kind is not ActorKind.PERSON:
        return None
    found = await membership(work, organization, work.actor.person)
    if found is None or not (found.is_admin if as_admin else found.is_staff):
        return None
    return found


async def require_member(work: Work, organization: OrganizationKey | None, *, as_admin: bool = False) -> Member:
    """The caller's own membership, or `NotAllowed`; an unknown organization is refused alike."""
    found = await acting_member(work, organization, as_admin=as_admin)
    if found is None:
        raise NotAllowed("user is not authorized", code="unauthorized")
    return found
