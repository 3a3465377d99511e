"""Who may call which operation, and what the ids in its path mean.

A caller without rights never learns whether a clinic exists, so the right is looked at first (403), and only then is
a path parameter found misshapen (400) or unknown (404).
"""

from openward.care import identity, organizations
from openward.care.errors import NotAllowed
from openward.care.identity import Identifier, System
from openward.care.work import ActorKind, OrganizationKey, PersonKey, Work
from openward.gateway.call import Call


def refuse() -> NotAllowed:
    """The answer to everybody who is not listed."""
    return NotAllowed("unauthorized", code="unauthorized")


def require_service(work: Work) -> None:
    """Services only."""
    if not work.actor.is_service:
        raise refuse()


def require_person(work: Work) -> PersonKey:
    """Any signed-in person, but no service."""
    if work.actor.kind is not ActorKind.PERSON or work.actor.person is None:
        raise refuse()
    return work.actor.person


def require_anybody(work: Work) -> None:
    """Any signed-in person or service."""
    if not work.actor.is_service:
        require_person(work)


async def clinic(work: Work, call: Call) -> OrganizationKey:
    """The clinic of the path, known to exist: `Invalid` for a bad id, `NotFound` for an unknown one."""
    key = OrganizationKey(await identity.resolve(work, Identifier(System.CLINIC, call.path["clinicId"])))
    return (await organizations.get(work, key)).key


async def service_clinic(work: Work, call: Call) -> OrganizationKey:
    """The clinic of the path, for services only."""
    require_service(work)
    return await clinic(work, call)


async def staff_clinic(work: Work, call: Call, *, as_admin: bool = False, or_service: bool = True) -> OrganizationKey:
    """The clinic of the path, for its members (or admins) and, unless said otherwise, for services."""
    if work.actor.is_service:
        if not or_service:
            raise refuse()
        return await clinic(work, call)
    key = await identity.find(work, Identifier(System.CLINIC, call.path["clinicId"]))
    member = await organizations.acting_member(work, OrganizationKey(key) if key else None, as_admin=as_admin)
    if member is None:
        raise refuse()
    return member.organization


async def own_clinic(work: Work, call: Call) -> OrganizationKey:
    """The clinic of the path, for whoever is a member in any role."""
    key = await identity.find(work, Identifier(System.CLINIC, call.path["clinicId"]))
    member = await organizations.membership(work, OrganizationKey(key), work.actor.person) if key else None
    if member is None:
        raise refuse()
    return member.organization


async def is_self(work: Work, call: Call, parameter: str) -> bool:
    """Whether the caller is the person whom this path parameter names."""
    key = await identity.find(work, Identifier(System.USER, call.path[parameter]))
    return work.actor.is_person(key)


async def person(work: Work, call: Call, parameter: str) -> PersonKey:
    """The person whom this path parameter names: `Invalid` for a bad id, `NotFound` for an unknown one."""
    return PersonKey(await identity.resolve(work, Identifier(System.USER, call.path[parameter])))


async def known_person(work: Work, call: Call, parameter: str) -> PersonKey | None:
    """Like `person`, but None for an unknown one: who has no account has no records either."""
    user_id = identity.require(System.USER, call.path[parameter])
    found = (await identity.resolve_many(work, System.USER, [user_id])).get(user_id)
    return None if found is None else PersonKey(found)
