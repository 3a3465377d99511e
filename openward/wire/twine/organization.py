"""The organization of a token."""

from openward.care import organizations
from openward.care.errors import NotAllowed, NotFound
from openward.care.work import OrganizationKey, Work
from openward.gateway.call import Call
from openward.gateway.wiring import Reply, Route
from openward.wire.twine import query
from openward.wire.twine.auth import organization
from openward.wire.twine.names import organization_key, organization_name
from openward.wire.twine.resource import Resource, one, resource


async def render(work: Work, key: OrganizationKey) -> Resource:
    """The organization as a resource."""
    place = await organizations.get(work, key)
    return resource("organization", await organization_name(work, key), {"name": place.profile.name})


async def fetch(work: Work, call: Call) -> Reply:
    """GET /organization/{id}: the token's own; 403 for another, 404 for none."""
    query.read_nothing(call)
    key = await organization_key(work, call.path["id"])
    if key is None:
        raise NotFound
    if key != organization(work):
        raise NotAllowed
    return one(call, await render(work, key))


async def require_own(work: Work, name: str) -> None:
    """`NotAllowed` for another organization than the token's (an unknown one matches nothing and is no error)."""
    key = await organization_key(work, name)
    if key is not None and key != organization(work):
        raise NotAllowed


ROUTES = [Route("GET", "/pub/organization/{id}", fetch, "twine.v7:fetchOrganization")]
