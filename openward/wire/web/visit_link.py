"""Who opens a page of a visit: the holder of its link or of a pass, or a colleague who is signed in."""

from uuid import UUID

from openward.care import organizations, visits
from openward.care.errors import NotAllowed, NotAuthenticated, NotFound
from openward.care.visits import Appointment, Role
from openward.care.work import Actor, ActorKind, OrganizationKey, PersonKey, Work
from openward.gateway.call import Call
from openward.gateway.passes import shown_pass
from openward.wire.web.auth import identify_optional


def link_actor(visit: Appointment, role: Role, person: PersonKey | None = None) -> Actor:
    """The holder of a link, as the audit names him; `person` where it is known who that is."""
    return Actor(ActorKind.LINK, person, visit.organization, f"visit-link:{role}")


async def by_link(work: Work, call: Call) -> Actor:
    """Whoever holds the link of the address, a colleague who is signed in as himself; `NotFound` for other links."""
    key, role = visits.read_link(work, call.path["token"])
    visit = await visits.behind_link(work, key)
    person = await signed_in_colleague(work, call, visit.organization) if role is Role.PROVIDER else None
    if person is not None:
        return Actor(ActorKind.PERSON, person, visit.organization, f"visit-link:{role}")
    return link_actor(visit, role)


async def signed_in_colleague(work: Work, call: Call, organization: OrganizationKey) -> PersonKey | None:
    """The person behind the session cookie, if he belongs to the staff of the practice."""
    actor = await identify_optional(work, call)
    if actor.person is None:
        return None
    here = [one for one in await organizations.memberships(work, actor.person) if one.organization == organization]
    return actor.person if any(one.is_staff for one in here) else None


async def by_pass(work: Work, call: Call) -> Actor:
    """Whoever `read_pass` lets in."""
    visit, role, _ = await read_pass(work, call)
    return link_actor(visit, role)


async def read_pass(work: Work, call: Call) -> tuple[Appointment, Role, str]:
    """The visit of the call that the address names, the side that this browser may open, and the pass it showed.

    A pass decides; without one, staff of the practice opens the provider's side. `NotAllowed` for everybody else, also
    for a call that does not exist, so that nobody learns which do.
    """
    try:
        key, organization = await visits.behind_call(work, UUID(call.path["call"]))
    except (ValueError, NotFound):
        raise NotAllowed("this link is not valid") from None
    token = shown_pass(call)
    try:
        shown = visits.read_pass(work, token)
        if shown.appointment == key:
            return await visits.get(work, organization, key), shown.role, token
    except NotAuthenticated:
        pass
    if await signed_in_colleague(work, call, organization) is None:
        raise NotAllowed("this link is not valid any more")
    return await visits.get(work, organization, key), Role.PROVIDER, ""
